// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.examples.cli.Cures;
import java.util.Map;
import java.util.Set;

/** Whether the server keeps what change streams assume of its locks and of the changelog's sequence. */
final class AssumptionCheck implements Check {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    /** A standby, and a server or a session that is read-only; another check reports them. */
    private static final Set<String> ACCEPTS_NO_WRITES = Set.of("57P03", "25006");

    @Override
    public String name() {
        return "assumptions";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) {
        try {
            Datastore.probe(patient.options()).block();
            patient.ok(
                    "the changelog's sequence and the server's locks are as change streams assume; probed with two sessions",
                    Map.of());
        } catch (DatastoreException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.sqlState())) {
                patient.unchecked("the server was not probed: the user may not insert into the table datastore_probe");
            } else if (e.sqlState() != null && ACCEPTS_NO_WRITES.contains(e.sqlState())) {
                patient.unchecked("the server was not probed: it accepts no writes");
            } else {
                patient.fail(String.valueOf(e.getMessage()), Cures.of(e), Map.of());
            }
        }
    }
}
