// SPDX-License-Identifier: Apache-2.0
/** The datastore in Spring Boot: an application that handles changes, with health, probes and metrics from the Boot starter. */
@NullMarked
package io.nvsentinel.examples.spring;

import org.jspecify.annotations.NullMarked;
