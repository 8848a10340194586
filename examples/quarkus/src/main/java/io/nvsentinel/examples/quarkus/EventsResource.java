// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.Status;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Stores health events, and streams their changes to clients. Runs on the event loop without blocking. */
@Path("/events")
public class EventsResource {

    private final MutinyEvents events;
    private final DocumentCodec<HealthEvent> codec;

    /**
     * Uses the application's beans.
     *
     * @param events the events
     * @param mapper Quarkus's Jackson 2
     */
    public EventsResource(MutinyEvents events, ObjectMapper mapper) {
        this.events = events;
        this.codec = HealthEvent.codec(JsonCodec.jackson2(mapper));
    }

    /**
     * Stores an event.
     *
     * @param event the event as the platform writes it: {@code {"nodeName": "gpu-7", "isFatal": true, …}}
     * @return its id, after the commit
     */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.TEXT_PLAIN)
    public Uni<UUID> insert(byte[] event) {
        return Uni.createFrom()
                .item(() -> HealthEventDocument.of(Instant.now(), codec.decode(event)))
                .flatMap(events::insert);
    }

    /**
     * Streams changes until the client goes away, at the pace in which it takes them. Each has its position as its id, and the
     * first event, {@code watching}, has that of the beginning: browsers send the last they saw when they connect again,
     * and then miss nothing.
     *
     * @param last the id of the last event that the client saw, or null to start now
     * @param sse makes events
     * @return the changes
     */
    @GET
    @Path("/changes")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public Multi<OutboundSseEvent> changes(@HeaderParam("Last-Event-ID") @Nullable String last, @Context Sse sse) {
        CompletableFuture<ResumeToken> watching = new CompletableFuture<>();
        Multi<OutboundSseEvent> changes = events.watch(WatchOptions.builder()
                        .startAt(last == null ? StartAt.now() : StartAt.after(ResumeToken.parse(last)))
                        .onSubscribed(watching::complete)
                        .build())
                .map(change -> toEvent(sse, change));
        Multi<OutboundSseEvent> beginning = Uni.createFrom()
                .completionStage(watching)
                .map(token -> sse.newEventBuilder()
                        .name("watching")
                        .id(token.encode())
                        .data("")
                        .build())
                .toMulti();
        return Multi.createBy().merging().withRequests(1).streams(beginning, changes);
    }

    private static OutboundSseEvent toEvent(Sse sse, ChangeEvent<HealthEventDocument> change) {
        return sse.newEventBuilder()
                .id(change.resumeToken().encode())
                .mediaType(MediaType.APPLICATION_JSON_TYPE)
                .data(Change.of(change))
                .build();
    }

    /**
     * Reports an invalid request; the message never contains the sent data.
     *
     * @param error the error
     * @return 400
     */
    @ServerExceptionMapper({InvalidDocumentException.class, InvalidRequestException.class})
    public RestResponse<String> invalid(RuntimeException error) {
        return RestResponse.status(Status.BAD_REQUEST, error.getMessage());
    }

    /**
     * Asks to try again later.
     *
     * @param error the error
     * @return 503
     */
    @ServerExceptionMapper
    public RestResponse<String> unavailable(UnavailableException error) {
        return RestResponse.status(Status.SERVICE_UNAVAILABLE, error.getMessage());
    }
}
