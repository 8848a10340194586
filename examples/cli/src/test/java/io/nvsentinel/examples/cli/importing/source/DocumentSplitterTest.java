// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentSplitterTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1}\n{\"b\":\"}{\"}\n",
                "{\"a\":1}\n\n  \n{\"b\":\"}{\"}",
                "\ufeff{\"a\":1}\r\n{\"b\":\"}{\"}\r\n",
                "[{\"a\":1},\n{\"b\":\"}{\"}]\n",
                "[\n{\"a\":1},\n{\"b\":\"}{\"}\n]",
                "[{\"a\":1},{\"b\":\"}{\"}]",
                "[\n{\"a\":1}\n,{\"b\":\"}{\"}\n]",
                "{\"a\":1} {\"b\":\"}{\"}",
            })
    void cutsLinesAndLists(String text) throws IOException {
        assertThat(pieces(text)).extracting(DocumentSplitterTest::text).containsExactly("{\"a\":1}", "{\"b\":\"}{\"}");
        assertThat(pieces(text)).extracting(SourceDocument::problem).containsOnlyNulls();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\n\t\"a\": {\n\t\t\"x\": \"\\\"}\"\n\t}\n}\n{\n\t\"b\": [\n\t\t{}\n\t]\n}\n",
                "[{\n\t\"a\": {\n\t\t\"x\": \"\\\"}\"\n\t}\n},\n{\n\t\"b\": [\n\t\t{}\n\t]\n}]\n"
            })
    void cutsDocumentsOverSeveralLines(String text) throws IOException {
        List<SourceDocument> pieces = pieces(text);
        assertThat(pieces).extracting(SourceDocument::problem).containsOnlyNulls();
        assertThat(pieces).extracting(SourceDocument::line).containsExactly(1L, 6L);
        assertThat(text(pieces.get(1))).startsWith("{\n\t\"b\"").endsWith("}");
    }

    @Test
    void givesBrokenLinesAsTheyAreAndGoesOn() throws IOException {
        List<SourceDocument> pieces = pieces("{\"a\":\nrubbish\n{\"a\":1}\n{\"b\": \"open}\n{\"c\":3}\n");
        assertThat(pieces)
                .extracting(SourceDocument::line, DocumentSplitterTest::text)
                .containsExactly(
                        tuple(1L, "{\"a\":"),
                        tuple(2L, "rubbish"),
                        tuple(3L, "{\"a\":1}"),
                        tuple(4L, "{\"b\": \"open}"),
                        tuple(5L, "{\"c\":3}"));
    }

    @Test
    void findsTheNextDocumentAfterABrokenOneOfSeveralLines() throws IOException {
        String good = "{\n\t\"n\": %d\n}\n";
        String text = good.formatted(1) + "{\n\t\"no\": {\n\t\t\"end\": 1\n}\n" + good.formatted(2)
                + "{\n\t\"text\": \"open\n}\n" + good.formatted(3) + "rubbish\n" + good.formatted(4);
        List<SourceDocument> pieces = pieces(text);
        assertThat(pieces)
                .extracting(SourceDocument::line, SourceDocument::problem)
                .containsExactly(
                        tuple(1L, null),
                        tuple(4L, "the object, or a string in it, is not terminated"),
                        tuple(8L, null),
                        tuple(11L, "the object, or a string in it, is not terminated"),
                        tuple(14L, null),
                        tuple(17L, "not a JSON object"),
                        tuple(18L, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[{\"a\":1},\n{\"b\":2},\n", "[{\"a\":1},{\"b\":2},", "[\n{\"a\":[1]}\n"})
    void saysThatAListWasCutOff(String text) throws IOException {
        List<SourceDocument> pieces = pieces(text);
        assertThat(pieces.get(pieces.size() - 1).problem()).startsWith("the list has no end");
        assertThat(pieces.subList(0, pieces.size() - 1))
                .extracting(SourceDocument::problem)
                .containsOnlyNulls();
    }

    @Test
    void hasNoPiecesOfNothing() throws IOException {
        assertThat(pieces("")).isEmpty();
        assertThat(pieces("[]")).isEmpty();
        assertThat(pieces("\n \n")).isEmpty();
    }

    @Test
    void dropsALineThatIsLargerThanADocumentCanBe() throws IOException {
        InputStream huge = new ByteArrayInputStream(new byte[DocumentSplitter.MAX_BYTES + 10]);
        List<SourceDocument> pieces = pieces(
                new SequenceInputStream(stream("{\"a\":1}\n"), new SequenceInputStream(huge, stream("\n{\"b\":2}\n"))));
        assertThat(pieces).extracting(SourceDocument::problem).containsExactly(null, DocumentSplitter.TOO_LARGE, null);
        assertThat(pieces.get(1).bytes()).isEmpty();
    }

    private static List<SourceDocument> pieces(String text) throws IOException {
        return pieces(stream(text));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<SourceDocument> pieces(InputStream in) throws IOException {
        DocumentSplitter splitter = new DocumentSplitter(in);
        List<SourceDocument> pieces = new ArrayList<>();
        for (SourceDocument piece = splitter.next(); piece != null; piece = splitter.next()) {
            pieces.add(piece);
        }
        return pieces;
    }

    private static String text(SourceDocument piece) {
        return new String(piece.bytes(), StandardCharsets.UTF_8);
    }
}
