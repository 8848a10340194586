// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;

class PermanentExceptionTest {

    private static final Throwable PLAIN = new IllegalStateException("plain");
    private static final Throwable PERMANENT = PermanentException.of(PLAIN);

    @Test
    void nothingIsNotPermanent() {
        assertThat(PermanentException.of(null)).isNull();
        assertThat(PermanentException.isPermanent(null)).isFalse();
        assertThat(PermanentException.isPermanent(PLAIN)).isFalse();
    }

    @Test
    void isFoundWhereverItIsWrapped() {
        assertThat(PermanentException.isPermanent(PERMANENT)).isTrue();
        assertThat(PermanentException.isPermanent(new RuntimeException(PERMANENT)))
                .isTrue();
        assertThat(PermanentException.isPermanent(new RuntimeException(new RuntimeException(PERMANENT))))
                .isTrue();
        assertThat(PERMANENT).hasCause(PLAIN);
    }

    @Test
    void isNotMarkedTwice() {
        Throwable wrapped = new RuntimeException(PERMANENT);
        assertThat(PermanentException.of(PERMANENT)).isSameAs(PERMANENT);
        assertThat(PermanentException.of(wrapped)).isSameAs(wrapped);
    }

    @Test
    void severalArePermanentOnlyIfAllAre() {
        assertThat(PermanentException.isPermanent(Exceptions.multiple(PERMANENT, new RuntimeException(PERMANENT))))
                .isTrue();
        assertThat(PermanentException.isPermanent(Exceptions.multiple(PERMANENT, PLAIN)))
                .isFalse();
        assertThat(PermanentException.isPermanent(new RuntimeException(Exceptions.multiple(PLAIN, PERMANENT))))
                .isFalse();
    }

    @Test
    void aDocumentThatCannotBeReadIsPermanent() {
        assertThat(PermanentException.isPermanent(new InvalidDocumentException("no JSON")))
                .isTrue();
    }
}
