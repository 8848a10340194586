// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A login that is not cancelled, but ended by the end of its sockets: the driver would let a cancelled login complete, and then
 * send a termination message whose failure no subscriber receives.
 */
final class EndedLogin extends MonoOperator<PostgresqlConnection, PostgresqlConnection> {

    private final Channels channels;

    /**
     * Ends a login when it is cancelled.
     *
     * @param login of the driver
     * @param channels its sockets
     */
    EndedLogin(Mono<PostgresqlConnection> login, Channels channels) {
        super(login);
        this.channels = channels;
    }

    @Override
    public void subscribe(CoreSubscriber<? super PostgresqlConnection> actual) {
        source.subscribe(new Login(actual));
    }

    private final class Login implements CoreSubscriber<PostgresqlConnection>, Subscription {

        private final CoreSubscriber<? super PostgresqlConnection> actual;
        private Subscription upstream = Operators.emptySubscription();
        private volatile boolean cancelled;

        private Login(CoreSubscriber<? super PostgresqlConnection> actual) {
            this.actual = actual;
        }

        @Override
        public Context currentContext() {
            return actual.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            upstream = subscription;
            actual.onSubscribe(this);
        }

        @Override
        public void request(long n) {
            upstream.request(n);
        }

        @Override
        public void cancel() {
            cancelled = true;
            channels.close();
        }

        @Override
        public void onNext(PostgresqlConnection connection) {
            if (cancelled) {
                // Its socket may have been opened after the cancellation.
                channels.close();
            } else {
                actual.onNext(connection);
            }
        }

        @Override
        public void onError(Throwable error) {
            if (!cancelled) {
                actual.onError(error);
            }
        }

        @Override
        public void onComplete() {
            if (!cancelled) {
                actual.onComplete();
            }
        }
    }
}
