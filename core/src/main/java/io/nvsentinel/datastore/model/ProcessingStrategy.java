// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Map;

/**
 * What the platform does with a health event. An open enum: a number without a name, from a newer producer, is a value like
 * the others. Compare with {@code equals}.
 *
 * @param number the number in the protobuf enum; JSON documents hold it
 */
public record ProcessingStrategy(int number) {

    /** Not said; the platform connector makes it {@link #EXECUTE_REMEDIATION}. */
    public static final ProcessingStrategy UNSPECIFIED = new ProcessingStrategy(0);

    /** Store it and act on it. */
    public static final ProcessingStrategy EXECUTE_REMEDIATION = new ProcessingStrategy(1);

    /** Store it; do not act on it. */
    public static final ProcessingStrategy STORE_ONLY = new ProcessingStrategy(2);

    /** Store it and analyse it; do not act on it. */
    public static final ProcessingStrategy STORE_AND_ANALYSE = new ProcessingStrategy(3);

    private static final EnumNames NAMES = new EnumNames(
            "ProcessingStrategy",
            Map.ofEntries(
                    Map.entry(0, "UNSPECIFIED"),
                    Map.entry(1, "EXECUTE_REMEDIATION"),
                    Map.entry(2, "STORE_ONLY"),
                    Map.entry(3, "STORE_AND_ANALYSE")));

    /**
     * The value of a number, known or not.
     *
     * @param number the number in the protobuf enum
     * @return the value
     */
    public static ProcessingStrategy of(int number) {
        return new ProcessingStrategy(number);
    }

    /**
     * The value of a name, the inverse of {@link #name()}.
     *
     * @param name one of the constants' names, or the digits of any number
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when it is neither
     */
    public static ProcessingStrategy of(String name) {
        return new ProcessingStrategy(NAMES.require(name));
    }

    /**
     * The name in the protobuf enum.
     *
     * @return the constant's name; for an unknown number its digits, as protobuf prints it
     */
    public String name() {
        return NAMES.name(number);
    }

    static ProcessingStrategy read(FieldReader fields, String field) {
        return new ProcessingStrategy(fields.enumNumber(field, NAMES));
    }
}
