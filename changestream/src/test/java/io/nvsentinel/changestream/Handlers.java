// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.model.HealthEventDocument;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A handler that does what a test says for each change, which it knows by its check name, and remembers the calls. */
final class Handlers implements Function<ChangeEvent<HealthEventDocument>, Mono<Void>> {

    final List<String> begun = new CopyOnWriteArrayList<>();
    final List<String> done = new CopyOnWriteArrayList<>();
    final List<String> cancelled = new CopyOnWriteArrayList<>();
    private final Map<String, Sinks.Empty<Void>> blocked = new ConcurrentHashMap<>();
    private final Map<String, Throwable> failing = new ConcurrentHashMap<>();

    Handlers block(String... names) {
        for (String name : names) {
            blocked.put(name, Sinks.empty());
        }
        return this;
    }

    void release(String name) {
        blocked.remove(name).tryEmitEmpty();
    }

    Handlers fail(String name, Throwable error) {
        failing.put(name, error);
        return this;
    }

    void heal(String name) {
        failing.remove(name);
    }

    long attempts(String name) {
        return begun.stream().filter(name::equals).count();
    }

    @Override
    public Mono<Void> apply(ChangeEvent<HealthEventDocument> change) {
        String name = name(change);
        return Mono.<Void>defer(() -> {
                    begun.add(name);
                    Throwable error = failing.get(name);
                    Sinks.Empty<Void> release = blocked.get(name);
                    Mono<Void> before = release == null ? Mono.empty() : release.asMono();
                    return error == null ? before : before.then(Mono.error(error));
                })
                .doOnSuccess(nothing -> done.add(name))
                .doOnCancel(() -> cancelled.add(name));
    }

    static String name(ChangeEvent<HealthEventDocument> change) {
        HealthEventDocument document = change.after() == null ? change.before() : change.after();
        return document == null ? change.operation().name() : document.event().checkName();
    }
}
