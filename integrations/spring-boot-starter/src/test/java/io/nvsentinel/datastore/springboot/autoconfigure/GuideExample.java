// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** The examples of docs/spring-boot.md, which {@link GuideTest} compares and runs. */
@Configuration(proxyBeanMethods = false)
@Import(GuideExample.Drainer.class)
class GuideExample {

    @Component
    static class Drainer {

        private final HealthEventStore events;

        Drainer(HealthEventStore events) {
            this.events = events;
        }

        @ChangeHandler(client = "drainer", concurrency = 8, onFailure = OnFailure.DEAD_LETTER)
        Mono<Void> on(ChangeEvent<HealthEventDocument> change) {
            return change.operation() == Operation.INSERT
                    ? events.updateNodeQuarantineStatus(change.recordId(), Status.QUARANTINED)
                    : Mono.empty();
        }
    }

    @Bean
    ChangeHandlerCustomizer onlyFatal() {
        return (client, watch, processing) -> watch.filter(Filter.eq("fullDocument.healthevent.isFatal", true));
    }
}
