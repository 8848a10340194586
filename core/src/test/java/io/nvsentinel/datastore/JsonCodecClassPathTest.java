// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.JsonCodec;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Each Jackson works without the other one on the class path. */
class JsonCodecClassPathTest {

    @Test
    void jackson3NeedsNoJackson2() throws Exception {
        assertThat(call("com.fasterxml.jackson.databind", "com.fasterxml.jackson.core", Jackson3RoundTrip.class))
                .isEqualTo("{\"createdAt\":\"2026-11-23T00:00:00Z\",\"healthevent\":{\"nodeName\":\"n\"},"
                        + "\"healtheventstatus\":{\"nodequarantined\":null,"
                        + "\"userpodsevictionstatus\":{\"status\":\"\"},\"faultremediated\":null}}");
    }

    @Test
    void jackson2NeedsNoJackson3() throws Exception {
        assertThat(call("tools.jackson", "tools.jackson", Jackson2RoundTrip.class))
                .contains("\"nodeName\":\"n\"");
    }

    @Test
    void whatIsHiddenIsReallyHidden() {
        assertThatExceptionOfType(NoClassDefFoundError.class)
                .isThrownBy(() -> call("tools.jackson", "tools.jackson", Jackson3RoundTrip.class));
    }

    private static String call(String hidden, String hiddenToo, Class<? extends Callable<String>> program)
            throws Exception {
        return new HidingClassLoader(hidden + ".", hiddenToo + ".").call(program);
    }

    public static final class Jackson3RoundTrip implements Callable<String> {
        public Jackson3RoundTrip() {}

        @Override
        public String call() {
            return RoundTrip.with(JsonCodec.jackson3());
        }
    }

    public static final class Jackson2RoundTrip implements Callable<String> {
        public Jackson2RoundTrip() {}

        @Override
        public String call() {
            return RoundTrip.with(JsonCodec.jackson2(new com.fasterxml.jackson.databind.ObjectMapper()));
        }
    }

    static final class RoundTrip {
        private RoundTrip() {}

        static String with(JsonCodec json) {
            var codec = io.nvsentinel.datastore.model.HealthEventDocument.codec(json);
            byte[] bytes = codec.encode(io.nvsentinel.datastore.model.HealthEventDocument.of(
                    java.time.Instant.parse("2026-11-23T00:00:00Z"),
                    io.nvsentinel.datastore.model.HealthEvent.builder()
                            .nodeName("n")
                            .build()));
            return new String(codec.encode(codec.decode(bytes)), java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
