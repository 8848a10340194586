// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Map;

/**
 * What should be done about a health event. An open enum: a number without a name, from a newer or a hand-written
 * producer, is a value like the others. Compare with {@code equals}.
 *
 * @param number the number in the protobuf enum; JSON documents hold it
 */
public record RecommendedAction(int number) {

    /** Nothing to do. */
    public static final RecommendedAction NONE = new RecommendedAction(0);

    /** Reset the component, for instance the GPU. */
    public static final RecommendedAction COMPONENT_RESET = new RecommendedAction(2);

    /** Ask the vendor. */
    public static final RecommendedAction CONTACT_SUPPORT = new RecommendedAction(5);

    /** Run the field diagnostics. */
    public static final RecommendedAction RUN_FIELDDIAG = new RecommendedAction(6);

    /** Restart the virtual machine. */
    public static final RecommendedAction RESTART_VM = new RecommendedAction(15);

    /** Restart the bare-metal machine. */
    public static final RecommendedAction RESTART_BM = new RecommendedAction(24);

    /** Replace the virtual machine. */
    public static final RecommendedAction REPLACE_VM = new RecommendedAction(25);

    /** Run DCGM's end-user diagnostics. */
    public static final RecommendedAction RUN_DCGMEUD = new RecommendedAction(26);

    /** What {@link HealthEvent#customRecommendedAction()} names. */
    public static final RecommendedAction CUSTOM = new RecommendedAction(27);

    /** Remediate by any means that is available in the cluster. */
    public static final RecommendedAction REMEDIATE = new RecommendedAction(28);

    /** Restart the application. */
    public static final RecommendedAction RESTART_APP = new RecommendedAction(39);

    /** The producer does not know. */
    public static final RecommendedAction UNKNOWN = new RecommendedAction(99);

    private static final EnumNames NAMES = new EnumNames(
            "RecommendedAction",
            Map.ofEntries(
                    Map.entry(0, "NONE"),
                    Map.entry(2, "COMPONENT_RESET"),
                    Map.entry(5, "CONTACT_SUPPORT"),
                    Map.entry(6, "RUN_FIELDDIAG"),
                    Map.entry(15, "RESTART_VM"),
                    Map.entry(24, "RESTART_BM"),
                    Map.entry(25, "REPLACE_VM"),
                    Map.entry(26, "RUN_DCGMEUD"),
                    Map.entry(27, "CUSTOM"),
                    Map.entry(28, "REMEDIATE"),
                    Map.entry(39, "RESTART_APP"),
                    Map.entry(99, "UNKNOWN")));

    /**
     * The value of a number, known or not.
     *
     * @param number the number in the protobuf enum
     * @return the value
     */
    public static RecommendedAction of(int number) {
        return new RecommendedAction(number);
    }

    /**
     * The value of a name, the inverse of {@link #name()}.
     *
     * @param name one of the constants' names, or the digits of any number
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when it is neither
     */
    public static RecommendedAction of(String name) {
        return new RecommendedAction(NAMES.require(name));
    }

    /**
     * The name in the protobuf enum.
     *
     * @return the constant's name; for an unknown number its digits, as protobuf prints it
     */
    public String name() {
        return NAMES.name(number);
    }

    static RecommendedAction read(FieldReader fields, String field) {
        return new RecommendedAction(fields.enumNumber(field, NAMES));
    }
}
