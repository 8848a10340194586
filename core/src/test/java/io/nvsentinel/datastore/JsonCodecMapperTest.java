// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Which settings apply: the application's mapper for its classes, none for trees. */
class JsonCodecMapperTest {

    record Job(String jobName, Instant startedAt, Duration took, Object score) {}

    private static final Job JOB =
            new Job("j", Instant.parse("2026-11-23T01:02:03.000000004Z"), Duration.ofMillis(1500), 1);

    @Test
    void theDefaultMapperWritesIsoTextAndReadsExactly() {
        JsonCodec codec = JsonCodec.jackson3();
        String json =
                "{\"jobName\":\"j\",\"startedAt\":\"2026-11-23T01:02:03.000000004Z\",\"took\":\"PT1.5S\",\"score\":1}";

        assertThat(codec.readTree(codec.write(JOB))).isEqualTo(codec.readTree(json.getBytes(UTF_8)));
        assertThat(codec.read(json.getBytes(UTF_8), Job.class)).isEqualTo(JOB);
        byte[] more = "{\"score\":3.141592653589793238462643,\"new\":true}".getBytes(UTF_8);
        assertThat(codec.read(more, Job.class).score()).isEqualTo(new BigDecimal("3.141592653589793238462643"));
        assertThat(JsonCodec.jackson3()).isSameAs(codec);
    }

    @Test
    void theApplicationsMapperDecidesForItsClasses() {
        JsonCodec codec = JsonCodec.jackson3(JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build());

        assertThat(codec.readTree(codec.write(JOB))).containsKeys("job_name", "started_at");
    }

    @Test
    void noMapperDecidesForTrees() {
        Map<String, Object> tree = Map.of("a", new BigDecimal("1E+3"));
        JsonCodec three = JsonCodec.jackson3(JsonMapper.builder()
                .enable(tools.jackson.databind.SerializationFeature.INDENT_OUTPUT)
                .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
                .build());
        JsonCodec two = JsonCodec.jackson2(new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .configure(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN, true));

        for (JsonCodec codec : new JsonCodec[] {three, two}) {
            assertThat(new String(codec.writeTree(tree), UTF_8)).isEqualTo("{\"a\":1E+3}");
            assertThat(new String(codec.write(tree), UTF_8)).contains("\n").contains("1000");
        }
    }

    @Test
    void aMapperForAnotherFormatIsRefused() {
        JsonFactory yaml = new JsonFactory() {
            private static final long serialVersionUID = 1L;

            @Override
            public String getFormatName() {
                return "YAML";
            }
        };

        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> JsonCodec.jackson2(new ObjectMapper(yaml)))
                .withMessage("the mapper writes YAML, expected one for JSON");
    }
}
