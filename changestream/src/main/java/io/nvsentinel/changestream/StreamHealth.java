// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.ChangeStreamStatus.Gap;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.Health.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds change streams to a datastore's health.
 *
 * @param watches how many watches are open here
 * @param listens whether they use notifications, and not only polling
 * @param live the status of this process
 * @param notCaptured the collections whose changes are not captured
 * @param stalls what has not moved though it should have, in words
 */
record StreamHealth(int watches, boolean listens, LiveStatus live, List<String> notCaptured, List<String> stalls) {

    Health on(Health datastore, Optional<ChangeStreamStatus> status) {
        Map<String, Object> details = new LinkedHashMap<>(datastore.details());
        details.put("watches", watches);
        details.put("listening", live.listening());
        status.ifPresent(known -> add(known, details));
        List<String> reasons = new ArrayList<>(datastore.reasons());
        addTo(reasons);
        boolean degraded = datastore.state() == State.UP && !reasons.isEmpty();
        return new Health(degraded ? State.DEGRADED : datastore.state(), reasons, details);
    }

    private static void add(ChangeStreamStatus status, Map<String, Object> details) {
        details.put("changelogRows", status.changelogRows());
        details.put("changelogBytes", status.changelogBytes());
        Map<String, Long> behind = new LinkedHashMap<>();
        status.clients().forEach(client -> behind.put(client.clientName(), client.changes()));
        details.put("changesBehind", behind);
    }

    private void addTo(List<String> reasons) {
        if (!notCaptured.isEmpty()) {
            reasons.add("Capture is disabled, so changes are missing, for " + String.join(", ", notCaptured));
        }
        if (watches == 0) {
            return;
        }
        if (listens && !live.listening()) {
            reasons.add("Changes are found only by polling");
        }
        reasons.addAll(stalls);
        Gap gap = live.gap();
        if (gap != null && !gap.holders().isEmpty()) {
            reasons.add("Changes behind position " + gap.position() + " wait for " + String.join("; ", gap.holders()));
        }
    }
}
