// SPDX-License-Identifier: Apache-2.0
/** The datastore in Spring Boot: configuration, health, probes and metrics of an application that handles changes. */
@NullMarked
package io.nvsentinel.examples.spring;

import org.jspecify.annotations.NullMarked;
