// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the pipelines that watch a change stream of MongoDB; what it does not know it refuses. */
public final class MatchPipeline {

    private MatchPipeline() {}

    /**
     * Reads a pipeline.
     *
     * @param stages the stages
     * @return the filter; all changes if there are none
     * @throws InvalidRequestException naming what is not known
     */
    public static Filter parse(List<? extends Map<String, ?>> stages) {
        List<Filter> filters = new ArrayList<>();
        for (Map<String, ?> stage : stages) {
            if (!stage.keySet().equals(Set.of("$match")) || !(stage.get("$match") instanceof Map<?, ?> match)) {
                throw new InvalidRequestException("A pipeline accepts only $match stages with a map; stage "
                        + (filters.size() + 1) + " has " + stage.keySet());
            }
            filters.add(Filter.parse(named(match)));
        }
        if (filters.isEmpty()) {
            return Filter.all();
        }
        return filters.size() == 1 ? filters.get(0) : Filter.and(filters);
    }

    private static Map<String, @Nullable Object> named(Map<?, ?> match) {
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        match.forEach((key, value) -> {
            if (!(key instanceof String name)) {
                throw new InvalidRequestException("A $match stage accepts only names of type String");
            }
            named.put(name, value);
        });
        return named;
    }
}
