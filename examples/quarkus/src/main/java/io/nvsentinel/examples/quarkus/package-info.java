// SPDX-License-Identifier: Apache-2.0
/** The datastore in Quarkus, in Mutiny's types: configuration, REST, readiness and metrics. */
@NullMarked
package io.nvsentinel.examples.quarkus;

import org.jspecify.annotations.NullMarked;
