// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to read, in which order, and how much of it. Immutable; each method gives a new query.
 *
 * <pre>{@code
 * Query newest = Query.where(Filter.eq("healthevent.nodeName", "gpu-node-7"))
 *         .sort(Sort.descending("created_at"))
 *         .limit(10);
 * }</pre>
 *
 * <p>Results are read a page at a time. Each page is a separate statement that continues after the last document of the
 * previous page, by its sort values and its id; so no document is read twice, even if documents are inserted or deleted
 * meanwhile. A document whose sort fields change meanwhile may be missed or read twice. Without a sort, and when sorted
 * by {@code created_at}, an index finds the next page directly. Under another order the server looks at all documents
 * that match for each page: keep such results small, or take larger pages.
 */
public final class Query {

    /** How many documents a page holds unless {@link #pageSize(int)} says otherwise. */
    public static final int DEFAULT_PAGE_SIZE = 2000;

    /** The most documents a page can hold. */
    public static final int MAX_PAGE_SIZE = 10_000;

    /** The most fields a query can sort by. */
    public static final int MAX_SORTS = 16;

    private static final Query ALL = new Query(Filter.all(), List.of(), new Range(0, Long.MAX_VALUE), Reading.DEFAULT);

    private final Filter filter;
    private final List<Sort> sorts;
    private final Range range;
    private final Reading reading;

    private record Range(long skip, long limit) {}

    private record Reading(int pageSize, @Nullable Consumer<UndecodableDocument> onUndecodable) {
        static final Reading DEFAULT = new Reading(DEFAULT_PAGE_SIZE, null);
    }

    private Query(Filter filter, List<Sort> sorts, Range range, Reading reading) {
        this.filter = filter;
        this.sorts = sorts;
        this.range = range;
        this.reading = reading;
    }

    /**
     * Every document, oldest first.
     *
     * @return the query
     */
    public static Query all() {
        return ALL;
    }

    /**
     * The documents that match, oldest first.
     *
     * @param filter which documents
     * @return the query
     */
    public static Query where(Filter filter) {
        return new Query(filter, List.of(), ALL.range, ALL.reading);
    }

    /**
     * Sorts. Documents that are equal in all of it come in the order of their ids, in the direction of the last sort.
     *
     * @param by what to sort by, the most significant first; at most {@value #MAX_SORTS}; none for the order of creation
     * @return a query with this order instead of the one before
     * @throws InvalidRequestException if there are too many
     */
    public Query sort(Sort... by) {
        return sort(List.of(by));
    }

    /**
     * Sorts, as {@link #sort(Sort...)}.
     *
     * @param by what to sort by, the most significant first
     * @return a query with this order instead of the one before
     * @throws InvalidRequestException if there are too many
     */
    public Query sort(List<Sort> by) {
        List<Sort> copy = List.copyOf(by);
        if (copy.size() > MAX_SORTS) {
            throw new InvalidRequestException(
                    "a query sorts by at most " + MAX_SORTS + " fields, not by " + copy.size());
        }
        return new Query(filter, copy, range, reading);
    }

    /**
     * Leaves out the first documents. The server reads them nevertheless.
     *
     * @param count how many, 0 or more
     * @return the query
     * @throws InvalidRequestException if it is negative
     */
    public Query skip(long count) {
        if (count < 0) {
            throw new InvalidRequestException("skip must be 0 or more, not " + count);
        }
        return new Query(filter, sorts, new Range(count, range.limit), reading);
    }

    /**
     * Stops after so many documents, undecodable ones included.
     *
     * @param count how many, 1 or more
     * @return the query
     * @throws InvalidRequestException if it is less than 1
     */
    public Query limit(long count) {
        if (count < 1) {
            throw new InvalidRequestException("limit must be 1 or more, not " + count);
        }
        return new Query(filter, sorts, new Range(range.skip, count), reading);
    }

    /**
     * How many documents one statement reads at most; a page also ends with the document that fills 4 MiB. Smaller
     * pages need less memory, larger ones fewer round trips. What the server has sent beyond 4 MiB is dropped and read
     * again with the next page, which is then asked to be smaller: where documents are larger than some 8 KiB, the
     * first page costs less if it is small. Outside a transaction, a page that is incomplete when the statement timeout
     * expires is read again with half the number of documents, and so are the following pages.
     *
     * @param documents how many, 1 to {@value #MAX_PAGE_SIZE}
     * @return the query
     * @throws InvalidRequestException if it is out of that range
     */
    public Query pageSize(int documents) {
        if (documents < 1 || documents > MAX_PAGE_SIZE) {
            throw new InvalidRequestException(
                    "the page size must be 1 to " + MAX_PAGE_SIZE + " documents, not " + documents);
        }
        return new Query(filter, sorts, range, new Reading(documents, reading.onUndecodable));
    }

    /**
     * Omits documents that cannot be read as the collection's type, and reports each of them. Without this, the result
     * fails with an {@link InvalidDocumentException} at such a document.
     *
     * @param report is called for each omitted document, in the order of the result; must not block; an exception that
     *     it throws ends the result
     * @return the query
     */
    public Query onUndecodable(Consumer<UndecodableDocument> report) {
        return new Query(filter, sorts, range, new Reading(reading.pageSize, report));
    }

    /**
     * Which documents.
     *
     * @return the filter
     */
    public Filter filter() {
        return filter;
    }

    /**
     * What to sort by.
     *
     * @return the most significant first; empty for the order of creation
     */
    public List<Sort> sorts() {
        return sorts;
    }

    /**
     * How many documents are left out at the beginning.
     *
     * @return 0 for none
     */
    public long skip() {
        return range.skip;
    }

    /**
     * After how many documents to stop.
     *
     * @return {@link Long#MAX_VALUE} for no limit
     */
    public long limit() {
        return range.limit;
    }

    /**
     * How many documents one statement reads at most.
     *
     * @return the page size
     */
    public int pageSize() {
        return reading.pageSize;
    }

    /**
     * The callback for documents that cannot be read.
     *
     * @return null if such a document ends the result
     */
    public @Nullable Consumer<UndecodableDocument> onUndecodable() {
        return reading.onUndecodable;
    }

    @Override
    public String toString() {
        return "Query[filter=" + filter + ", sorts=" + sorts + ", skip=" + range.skip
                + (range.limit == Long.MAX_VALUE ? "" : ", limit=" + range.limit) + ']';
    }
}
