// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.AggregationSql;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.update.UpdateSql;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of MongoDB's operators in docs/compatibility.md are true: an operator can be used, or is refused by its name. */
class MongoOperatorsTest {

    private static final Pattern ROW = Pattern.compile("^\\| `(\\{.*\\})` \\| (.*) \\|$", Pattern.MULTILINE);
    private static final Pattern OPERATOR = Pattern.compile("\"(\\$[a-zA-Z]+)\"");

    @ParameterizedTest
    @CsvSource({"filters, 26", "updates, 21", "pipelines, 35"})
    void eachOperatorIsSupportedOrRefusedByItsName(String kind, int rows) throws IOException {
        String page = Files.readString(Path.of("../docs/compatibility.md"));
        String marker = "<!-- operators of " + kind + " -->";
        assertThat(page).contains(marker);
        String table = page.substring(page.indexOf(marker) + marker.length());
        Matcher row = ROW.matcher(table.substring(0, table.indexOf("\n\n")));
        int found = 0;
        while (row.find()) {
            check(kind, row.group(1), row.group(2).startsWith("refused"));
            found++;
        }
        assertThat(found).isEqualTo(rows);
    }

    private static void check(String kind, String example, boolean refused) {
        Map<String, Object> tree = tree(example);
        Consumer<Map<String, Object>> reader = switch (kind) {
            case "filters" -> each -> FilterSql.render(Filter.parse(each), FieldMap.GENERIC, 1);
            case "updates" -> each -> UpdateSql.render(Update.parse(each), FieldMap.GENERIC, 1);
            default -> each -> AggregationSql.render(Aggregation.parse(List.of(each)), "\"things\"", FieldMap.GENERIC);
        };
        if (!refused) {
            assertThatCode(() -> reader.accept(tree)).as(example).doesNotThrowAnyException();
            return;
        }
        assertThatThrownBy(() -> reader.accept(tree))
                .as(example)
                .isInstanceOf(InvalidRequestException.class)
                .satisfies(
                        error -> assertThat(OPERATOR.matcher(example).results().map(each -> each.group(1)))
                                .anyMatch(error.getMessage()::contains));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> tree(String json) {
        return AggregationTest.JSON.readValue(json, Map.class);
    }
}
