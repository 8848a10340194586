// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

/** The keys by which Extended JSON marks types that JSON does not have. */
final class ExtendedType {

    static final String OBJECT_ID = "$oid";
    static final String DATE = "$date";
    static final String INT = "$numberInt";
    static final String LONG = "$numberLong";
    static final String DOUBLE = "$numberDouble";
    static final String DECIMAL = "$numberDecimal";
    static final String BINARY = "$binary";
    static final String BINARY_TYPE = "$type";
    static final String UUID = "$uuid";
    static final String TIMESTAMP = "$timestamp";
    static final String REGULAR_EXPRESSION = "$regularExpression";
    static final String LEGACY_REGEX = "$regex";
    static final String LEGACY_OPTIONS = "$options";

    private ExtendedType() {}
}
