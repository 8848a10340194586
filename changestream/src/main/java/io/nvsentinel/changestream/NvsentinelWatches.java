// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The filters with which NVSentinel's components watch health events, for {@link WatchOptions.Builder#filter}. */
public final class NvsentinelWatches {

    /**
     * How to treat events whose processing strategy is {@code UNSPECIFIED}: its number is 0, which writers omit, so that an
     * event without a strategy is such an event too.
     */
    public enum UnspecifiedStrategy {
        /** Not delivered: only events that name a strategy are. */
        REJECTED,
        /** Delivered like {@code EXECUTE_REMEDIATION}, as NVSentinel's own components do with an absent strategy. */
        ACCEPTED
    }

    private static final String DOCUMENT = "fullDocument.";
    private static final String UPDATED = "updateDescription.updatedFields.";
    private static final String QUARANTINED = "healtheventstatus.nodequarantined";
    private static final String EVICTION = "healtheventstatus.userpodsevictionstatus.status";
    private static final String AGENT = DOCUMENT + "healthevent.agent";
    private static final String STRATEGY = DOCUMENT + "healthevent.processingStrategy";
    private static final String ANALYZER = "health-events-analyzer";

    private static final Filter INSERT = Filter.eq("operationType", "insert");
    private static final Filter UPDATE = Filter.eq("operationType", "update");

    /** Numbers and names as documents hold them. */
    private static final Map<String, Integer> STRATEGIES = Map.of("EXECUTE_REMEDIATION", 1, "STORE_AND_ANALYSE", 3);

    private NvsentinelWatches() {}

    /**
     * The node drainer's: a node's quarantine status was set to quarantined, already quarantined, unquarantined or
     * cancelled, or an event was stored that has such a status already.
     *
     * @return the filter
     */
    public static Filter nodeQuarantineStatus() {
        List<String> statuses =
                texts(Status.QUARANTINED, Status.ALREADY_QUARANTINED, Status.UN_QUARANTINED, Status.CANCELLED);
        return Filter.or(
                Filter.and(UPDATE, Filter.in(UPDATED + QUARANTINED, statuses)),
                Filter.and(INSERT, Filter.in(DOCUMENT + QUARANTINED, statuses)));
    }

    /**
     * The event exporter's: every stored event.
     *
     * @return the filter
     */
    public static Filter allHealthEventInserts() {
        return INSERT;
    }

    /**
     * Fault quarantine's: every stored event that is to be acted on.
     *
     * @param unspecified what to do with events of the strategy {@code UNSPECIFIED}
     * @return the filter
     */
    public static Filter processableHealthEventInserts(UnspecifiedStrategy unspecified) {
        return Filter.and(INSERT, strategy(unspecified, "EXECUTE_REMEDIATION"));
    }

    /**
     * The analyzer's first: as {@link #analyzerHealthEvents}, and unhealthy. The filter does not depend on whether the
     * event is fatal, although its name in other components suggests it.
     *
     * @param unspecified what to do with events of the strategy {@code UNSPECIFIED}
     * @return the filter
     */
    public static Filter unhealthyAnalyzerHealthEvents(UnspecifiedStrategy unspecified) {
        return Filter.and(analyzerHealthEvents(unspecified), Filter.eq(DOCUMENT + "healthevent.isHealthy", false));
    }

    /**
     * The analyzer's: every event stored or updated that is not its own and is to be acted on or analysed.
     *
     * @param unspecified what to do with events of the strategy {@code UNSPECIFIED}
     * @return the filter
     */
    public static Filter analyzerHealthEvents(UnspecifiedStrategy unspecified) {
        return Filter.and(
                Filter.in("operationType", List.of("insert", "update")),
                Filter.ne(AGENT, ANALYZER),
                strategy(unspecified, "EXECUTE_REMEDIATION", "STORE_AND_ANALYSE"));
    }

    /**
     * Fault remediation's: a node is quarantined and drained; or unquarantined after its drain; or its quarantine was
     * cancelled. Delivered when an event is stored in such a state, and when an update of one of the two statuses leads to
     * it; not when something else of such an event changes.
     *
     * @return the filter
     */
    public static Filter quarantinedAndDrainedNodes() {
        Filter quarantined = Filter.and(
                Filter.in(DOCUMENT + EVICTION, texts(Status.SUCCEEDED, Status.ALREADY_DRAINED)),
                Filter.in(DOCUMENT + QUARANTINED, texts(Status.QUARANTINED, Status.ALREADY_QUARANTINED)));
        Filter unquarantined = Filter.and(
                Filter.eq(DOCUMENT + EVICTION, Status.SUCCEEDED.value()),
                Filter.eq(DOCUMENT + QUARANTINED, Status.UN_QUARANTINED.value()));
        Filter cancelled = Filter.eq(DOCUMENT + QUARANTINED, Status.CANCELLED.value());
        Filter changed = Filter.or(Filter.exists(UPDATED + EVICTION, true), Filter.exists(UPDATED + QUARANTINED, true));
        return Filter.and(
                Filter.or(quarantined, unquarantined, cancelled), Filter.or(INSERT, Filter.and(UPDATE, changed)));
    }

    private static Filter strategy(UnspecifiedStrategy unspecified, String... names) {
        List<@Nullable Object> admitted = new ArrayList<>();
        for (String name : names) {
            admitted.add(name);
            admitted.add(STRATEGIES.get(name));
        }
        if (unspecified == UnspecifiedStrategy.ACCEPTED) {
            admitted.add("UNSPECIFIED");
            admitted.add(0);
            admitted.add(null);
        }
        return Filter.in(STRATEGY, admitted);
    }

    private static List<String> texts(Status... statuses) {
        return Stream.of(statuses).map(Status::value).toList();
    }
}
