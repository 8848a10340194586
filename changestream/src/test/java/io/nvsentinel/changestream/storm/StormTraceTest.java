// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.storm.StormTrace.Event;
import io.nvsentinel.changestream.storm.StormTrace.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checker of traces accepts one that keeps the promises, and rejects each that was tampered with. */
class StormTraceTest {

    /** A client whose second run starts at the position that the first one stored, which reports it late; and a consumer. */
    private static final List<String> SOUND = List.of(
            "OPENED all 1 0",
            "DELIVERED all 1 2",
            "OPENED client 1 0",
            "DELIVERED client 1 2",
            "DELIVERED client 1 3",
            "HANDLED client 1 3",
            "HANDLED client 1 2",
            "DELIVERED all 1 3",
            "OPENED client 2 3",
            "STORED client 1 3",
            "DELIVERED client 1 5",
            "DELIVERED client 2 5",
            "HANDLED client 2 5",
            "STORED client 2 5",
            "DELIVERED all 1 5",
            "COMMITTED - 0 2",
            "COMMITTED - 0 3",
            "COMMITTED - 0 5");

    @Test
    void aTraceThatKeepsThePromisesIsAccepted() {
        assertThat(StormTraceChecker.problem(trace(SOUND))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // A change is lost, repeated, not committed, or not the last one.
        "DELIVERED all 1 3, , the next change was 3",
        "DELIVERED all 1 3, DELIVERED all 1 2, the next change was 3",
        "DELIVERED all 1 3, DELIVERED all 1 4, the next change was 3",
        "DELIVERED all 1 5, , all has not received 5",
        "COMMITTED - 0 3, , the next change was 5",
        // A position passes what is not acknowledged, is that of an owner of before, or is lost.
        "HANDLED client 1 2, , change 2 had not been handled",
        "STORED client 1 3, STORED client 1 5, run 2 owned the name and had started at 3",
        "OPENED client 2 3, OPENED client 2 5, change 5 had not been handled",
        "HANDLED client 2 5, HANDLED client 2 3, the run has not received it",
        "HANDLED client 2 5, , change 5 had not been handled",
        "OPENED client 2 3, , the run has not been opened",
    })
    void aTraceThatWasTamperedWithIsRejected(String line, String other, String problem) {
        List<String> tampered = new ArrayList<>(SOUND);
        int at = tampered.indexOf(line);
        if (other == null) {
            tampered.remove(at);
        } else {
            tampered.set(at, other);
        }
        assertThat(StormTraceChecker.problem(trace(tampered)))
                .hasValueSatisfying(found -> assertThat(found).contains(problem));
    }

    @Test
    void aClientThatStartsBeforeItsStoredPositionIsRejected() {
        List<Event> trace = trace(List.of(
                "OPENED client 1 0",
                "DELIVERED client 1 2",
                "HANDLED client 1 2",
                "STORED client 1 2",
                "OPENED client 2 0",
                "COMMITTED - 0 2"));
        assertThat(StormTraceChecker.problem(trace))
                .hasValueSatisfying(found -> assertThat(found).contains("position 2 had been stored"));
    }

    private static List<Event> trace(List<String> lines) {
        return lines.stream().map(line -> event(line.split(" "))).toList();
    }

    private static Event event(String[] words) {
        assertThat(words).as(Arrays.toString(words)).hasSize(4);
        return new Event(Kind.valueOf(words[0]), words[1], Integer.parseInt(words[2]), Long.parseLong(words[3]));
    }
}
