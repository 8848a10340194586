// SPDX-License-Identifier: Apache-2.0
/** The auto-configuration; public only for Spring Boot, and for applications that exclude one or name it in an order. */
@NullMarked
package io.nvsentinel.datastore.springboot.autoconfigure;

import org.jspecify.annotations.NullMarked;
