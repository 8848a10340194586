// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.testserver.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Tokens come from files and other programs: they are parsed, or refused with the error that the caller expects. */
class FuzzTest {

    private static final String TOKEN = "1~9b2d4b0e-0d0f-4a55-9f3c-2d7c9f9a3f10~12~12~abc~~";

    @Test
    void tokens() {
        assertThat(Fuzz.of(
                                Base64.getUrlEncoder()
                                        .withoutPadding()
                                        .encodeToString(TOKEN.getBytes(StandardCharsets.UTF_8)),
                                "AQAAAA")
                        .with("-", "_", "=", "AAAA", "\u0661")
                        .run(
                                input -> ResumeToken.parse(new String(input, StandardCharsets.UTF_8)),
                                InvalidRequestException.class))
                .isPositive();
    }

    @Test
    void tokensOfAnyBytes() {
        assertThat(Fuzz.of(TOKEN, "\u0001\u0000\u0000")
                        .run(
                                input -> Position.parse(
                                        Base64.getUrlEncoder().withoutPadding().encodeToString(input)),
                                InvalidRequestException.class))
                .isPositive();
    }
}
