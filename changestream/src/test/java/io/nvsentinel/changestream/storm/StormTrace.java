// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ResumeToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What happened in a storm, in the order in which it was noted: what readers did, and at the end what the server has. With
 * {@code -Dstorm.trace} it is written to a file, one event a line.
 */
final class StormTrace {

    /** What is noted. */
    enum Kind {
        /** A reader has started behind a position. */
        OPENED,
        /** A reader has received a change. */
        DELIVERED,
        /** A named client is about to acknowledge a change. */
        HANDLED,
        /** The position of a named client was stored. */
        STORED,
        /** A change that the server has. */
        COMMITTED
    }

    /**
     * An event.
     *
     * @param kind what happened
     * @param reader the client or the consumer; empty for the server
     * @param run which of its runs, from 1
     * @param id the change or the position
     */
    record Event(Kind kind, String reader, int run, long id) {

        @Override
        public String toString() {
            return kind + " " + id + (reader.isEmpty() ? "" : " by run " + run + " of " + reader);
        }
    }

    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());

    void add(Kind kind, String reader, int run, long id) {
        events.add(new Event(kind, reader, run, id));
    }

    /** Notes each position that one run of a client stores. */
    ChangeStreamListener stores(int run) {
        return new ChangeStreamListener() {
            @Override
            public void onTokenStored(String clientName, ResumeToken token) {
                add(Kind.STORED, clientName, run, Change.id(token));
            }
        };
    }

    /** The whole trace, with what the server has in the end. */
    List<Event> complete(List<Change> committed) throws IOException {
        List<Event> all;
        synchronized (events) {
            all = new ArrayList<>(events);
        }
        committed.forEach(change -> all.add(new Event(Kind.COMMITTED, "", 0, change.id())));
        String file = System.getProperty("storm.trace");
        if (file != null) {
            Files.write(Path.of(file), all.stream().map(Event::toString).toList());
        }
        return List.copyOf(all);
    }
}
