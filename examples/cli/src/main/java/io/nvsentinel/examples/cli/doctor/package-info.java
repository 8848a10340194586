// SPDX-License-Identifier: Apache-2.0
/**
 * {@code nvsentinel doctor}: examines configuration, network, certificates and database, one {@link
 * io.nvsentinel.examples.cli.doctor.Check} after the other, each of which adds its findings.
 */
@NullMarked
package io.nvsentinel.examples.cli.doctor;

import org.jspecify.annotations.NullMarked;
