// SPDX-License-Identifier: Apache-2.0
/**
 * The datastore and its change streams in Spring Boot 4: what an application uses of
 * {@code nvsentinel-datastore-spring-boot-starter}. The properties {@code nvsentinel.datastore.*} configure the beans
 * {@link io.nvsentinel.datastore.Datastore}, {@link io.nvsentinel.datastore.HealthEventStore},
 * {@link io.nvsentinel.datastore.MaintenanceEventStore} and {@link io.nvsentinel.changestream.ChangeStreams}, and methods with
 * {@link io.nvsentinel.datastore.springboot.ChangeHandler} handle changes.
 */
@NullMarked
package io.nvsentinel.datastore.springboot;

import org.jspecify.annotations.NullMarked;
