// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.changestream.storm.StormTrace.Event;
import io.nvsentinel.changestream.storm.StormTrace.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Follows a trace with a model of the promises, event by event, and names the first event that the model does not allow. The
 * model knows what the server has in the end, and nothing of how the library works.
 */
final class StormTraceChecker {

    private final NavigableSet<Long> committed = new TreeSet<>();
    private final Map<String, Reader> readers = new HashMap<>();

    private StormTraceChecker(List<Event> trace) {
        trace.stream().filter(event -> event.kind() == Kind.COMMITTED).forEach(event -> committed.add(event.id()));
    }

    /** The first event that contradicts the promises; empty if the trace keeps them. */
    static Optional<String> problem(List<Event> trace) {
        StormTraceChecker checker = new StormTraceChecker(trace);
        for (int i = 0; i < trace.size(); i++) {
            Event event = trace.get(i);
            if (event.kind() != Kind.COMMITTED) {
                Optional<String> problem = checker.readers
                        .computeIfAbsent(event.reader(), name -> checker.new Reader())
                        .problem(event);
                if (problem.isPresent()) {
                    return Optional.of("event " + (i + 1) + ", " + event + ": " + problem.get());
                }
            }
        }
        return checker.unfinished();
    }

    /** The last run of each reader has every change. */
    private Optional<String> unfinished() {
        for (Map.Entry<String, Reader> reader : readers.entrySet()) {
            Long missing = committed.higher(reader.getValue().newest().delivered);
            if (missing != null) {
                return Optional.of(reader.getKey() + " has not received " + missing);
            }
        }
        return Optional.empty();
    }

    /** A consumer, or a named client with all its runs. */
    private final class Reader {

        private final List<Run> runs = new ArrayList<>();
        private final Map<Integer, Run> byNumber = new HashMap<>();
        private final Set<Long> handled = new HashSet<>();
        private long allHandledTo;
        private long stored;

        private Run newest() {
            return runs.get(runs.size() - 1);
        }

        private Optional<String> problem(Event event) {
            if (event.kind() == Kind.OPENED) {
                return opened(event);
            }
            Run run = byNumber.get(event.run());
            if (run == null) {
                return Optional.of("the run has not been opened");
            }
            return switch (event.kind()) {
                case DELIVERED -> run.delivered(event.id());
                case HANDLED -> handled(run, event.id());
                default -> stored(run, event.id());
            };
        }

        private Optional<String> opened(Event event) {
            Run run = new Run(event.run(), event.id());
            runs.add(run);
            byNumber.put(event.run(), run);
            if (event.id() < stored) {
                return Optional.of("position " + stored + " had been stored");
            }
            return unhandled(event.id());
        }

        private Optional<String> handled(Run run, long id) {
            handled.add(id);
            return run.received.contains(id) ? Optional.empty() : Optional.of("the run has not received it");
        }

        /** An earlier owner may report late what it stored, but not more than its successor found. */
        private Optional<String> stored(Run run, long position) {
            for (Run later : runs.subList(runs.indexOf(run) + 1, runs.size())) {
                if (position > later.start) {
                    return Optional.of("run " + later.number + " owned the name and had started at " + later.start);
                }
            }
            stored = Math.max(stored, position);
            return unhandled(position);
        }

        private Optional<String> unhandled(long position) {
            for (Long id = committed.higher(allHandledTo); id != null && id <= position; id = committed.higher(id)) {
                if (!handled.contains(id)) {
                    return Optional.of("change " + id + " had not been handled");
                }
                allHandledTo = id;
            }
            return Optional.empty();
        }
    }

    /** From one opening to the next. */
    private final class Run {

        private final int number;
        private final long start;
        private final Set<Long> received = new HashSet<>();
        private long delivered;

        private Run(int number, long start) {
            this.number = number;
            this.start = start;
            this.delivered = start;
        }

        private Optional<String> delivered(long id) {
            Long expected = committed.higher(delivered);
            delivered = id;
            received.add(id);
            return expected != null && expected == id
                    ? Optional.empty()
                    : Optional.of("the next change was " + expected);
        }
    }
}
