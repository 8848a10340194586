// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads options from YAML: a document of the datastore's own, or Helm values with {@code global.datastore}.
 *
 * <p>It looks at the nodes and never makes objects of them, so that each value keeps its line and its exact text: a
 * password {@code 0123} stays one. Messages never repeat the YAML, which may hold a password.
 */
public final class YamlSource {

    private static final int LARGEST_FILE = 1 << 20;
    private static final int DEEPEST = 50;
    private static final LoadSettings SETTINGS = LoadSettings.builder()
            .setSchema(new CoreSchema())
            .setAllowNonScalarKeys(true)
            .build();
    private static final String PARAMETERS = Options.EXTRA_PARAMS.keys().get(0);

    private static final Map<String, Option<?>> LEAVES = leaves();

    /** Keys of the Go services and of their chart, which mean nothing here. */
    private static final Set<String> IGNORED = Set.of("options.namespace", "credentialsFromSecret", "setupJob");

    private static final Set<String> BRANCHES = Set.of("connection", "connection.tls", "options");

    private static final Set<String> KNOWN = Stream.of(LEAVES.keySet(), IGNORED, BRANCHES, Set.of("provider"))
            .flatMap(Set::stream)
            .collect(Collectors.toUnmodifiableSet());

    private final String label;
    private final Map<Option<?>, String> seen = new HashMap<>();
    private String prefix = "";
    private OptionValues values;

    private YamlSource(OptionValues before, String label) {
        this.values = before;
        this.label = label;
    }

    private static Map<String, Option<?>> leaves() {
        Map<String, Option<?>> leaves = new HashMap<>();
        Options.ALL.forEach(option -> option.keys().forEach(key -> leaves.put(key, option)));
        return Map.copyOf(leaves);
    }

    /**
     * Adds the options of a file, with a lower precedence than the previous sources. Blocks while it reads.
     *
     * @param before the previous values
     *
     * @param file the file, in UTF-8
     * @param label the source of the file name, for messages
     * @return the values, with all errors in the file
     */
    public static OptionValues read(OptionValues before, Path file, String label) {
        String text;
        try {
            text = content(file);
        } catch (UnreadableFileException e) {
            return before.withFault(label + ": the file " + Shown.path(file) + " " + e.getMessage());
        } catch (IOException e) {
            return before.withFault(label + ": the file " + Shown.path(file) + " cannot be read ("
                    + e.getClass().getSimpleName() + ")");
        }
        return read(
                before, text, Shown.path(file).equals(file.toString()) ? String.valueOf(file.getFileName()) : label);
    }

    /** A pipe could keep the reader waiting without limit, and a device never ends; a file may grow after it was looked at. */
    private static String content(Path file) throws IOException {
        if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
            throw new UnreadableFileException("is a directory, a pipe or a device; accepted is a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw new UnreadableFileException("has more than " + LARGEST_FILE + " bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }

    private static final class UnreadableFileException extends IOException {

        private static final long serialVersionUID = 1L;

        UnreadableFileException(String message) {
            super(message);
        }
    }

    /**
     * Adds the options of a document, with a lower precedence than the previous sources.
     *
     * @param before the previous values
     * @param yaml one YAML document
     * @param label the source of the document, for messages
     * @return the values, with all errors in the document
     */
    public static OptionValues read(OptionValues before, String yaml, String label) {
        YamlSource source = new YamlSource(before, label);
        try {
            requireShallow(yaml);
            compose(yaml).ifPresent(source::document);
        } catch (TooDeepException e) {
            source.fault("this is nested deeper than " + DEEPEST + " levels", e.mark);
        } catch (MarkedYamlEngineException e) {
            // Without the library's message and cause, which quote the text.
            source.fault("this is not one YAML document", e.getProblemMark());
        } catch (YamlEngineException e) {
            source.fault("this is not one YAML document", Optional.empty());
        }
        return source.values;
    }

    /** What the library's Compose does, from packages that its module exports. */
    private static Optional<Node> compose(String yaml) {
        return new Composer(SETTINGS, new ParserImpl(SETTINGS, new StreamReader(SETTINGS, yaml))).getSingleNode();
    }

    /** Composing nodes calls itself for each level; reading events does not. */
    private static void requireShallow(String yaml) {
        ParserImpl events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, yaml));
        int depth = 0;
        while (events.hasNext()) {
            Event event = events.next();
            if (event instanceof CollectionStartEvent && ++depth > DEEPEST) {
                throw new TooDeepException(event.getStartMark());
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
    }

    private void document(Node root) {
        Node datastore = child(child(root, "global"), "datastore");
        if (datastore == null) {
            mapping("", root);
        } else {
            prefix = "global.datastore.";
            mapping("", datastore);
        }
    }

    private static @Nullable Node child(@Nullable Node parent, String name) {
        if (!(parent instanceof MappingNode mapping)) {
            return null;
        }
        return mapping.getValue().stream()
                .filter(tuple -> name.equals(key(tuple)))
                .map(NodeTuple::getValueNode)
                .findFirst()
                .orElse(null);
    }

    private void mapping(String path, Node node) {
        if (!(node instanceof MappingNode mapping)) {
            if (!isNull(node)) {
                fault(
                        path.isEmpty() ? "this must be a mapping" : prefix + path + " must be a mapping",
                        node.getStartMark());
            }
            return;
        }
        Map<String, NodeTuple> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String inner = (path.isEmpty() ? "" : path + ".") + key(tuple);
            if (entries.put(inner, tuple) == null) {
                entry(inner, tuple);
            } else {
                fault(
                        prefix + shown(inner) + " occurs twice",
                        tuple.getKeyNode().getStartMark());
            }
        }
    }

    private void entry(String path, NodeTuple tuple) {
        Node value = tuple.getValueNode();
        Option<?> option = LEAVES.get(path);
        if (BRANCHES.contains(path)) {
            mapping(path, value);
        } else if (path.equals("provider")) {
            scalar(path, value).ifPresent(text -> values = Provider.check(values, text.strip(), place(path, value)));
        } else if (path.equals(PARAMETERS)) {
            parameters(value);
        } else if (option != null) {
            option(option, path, value);
        } else if (!IGNORED.contains(path)) {
            fault(
                    "unknown key " + prefix + shown(path) + Nearest.hint(path, KNOWN),
                    tuple.getKeyNode().getStartMark());
        }
    }

    private <T> void option(Option<T> option, String path, Node node) {
        scalar(path, node).ifPresent(text -> {
            String first = seen.putIfAbsent(option, path);
            if (first != null) {
                fault(
                        prefix + path + " contradicts " + prefix + first + ": both set " + option.name(),
                        node.getStartMark());
                return;
            }
            String value = option == Options.PASSWORD ? text : text.strip();
            values = values.read(option, value, Source.yaml(prefix + path, place(node)));
        });
    }

    private void parameters(Node node) {
        if (!(node instanceof MappingNode mapping)) {
            option(Options.EXTRA_PARAMS, PARAMETERS, node);
            return;
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String path = PARAMETERS + "." + key(tuple);
            scalar(path, tuple.getValueNode()).ifPresent(text -> {
                if (parameters.put(key(tuple), text) != null) {
                    fault(
                            prefix + shown(path) + " occurs twice",
                            tuple.getKeyNode().getStartMark());
                }
            });
        }
        values = values.with(
                Options.EXTRA_PARAMS, Map.copyOf(parameters), Source.yaml(prefix + PARAMETERS, place(node)));
    }

    /** The string form of a value; empty if there is none, or if it is not a single value. */
    private Optional<String> scalar(String path, Node node) {
        if (node instanceof ScalarNode scalar) {
            boolean isGiven = !isNull(node)
                    && (LEAVES.get(path) == Options.PASSWORD
                            ? !scalar.getValue().isEmpty()
                            : !scalar.getValue().isBlank());
            return isGiven ? Optional.of(scalar.getValue()) : Optional.empty();
        }
        fault(prefix + shown(path) + " must be one value", node.getStartMark());
        return Optional.empty();
    }

    /** A key may be a password that was indented wrongly. */
    private static String shown(String path) {
        String key = path.substring(path.lastIndexOf('.') + 1);
        return path.substring(0, path.length() - key.length()) + Shown.name(key);
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static String key(NodeTuple tuple) {
        return tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
    }

    private void fault(String problem, Optional<Mark> mark) {
        values = values.withFault(problem + " (" + place(mark) + ")");
    }

    private String place(String path, Node node) {
        return prefix + path + ", " + place(node);
    }

    private String place(Node node) {
        return place(node.getStartMark());
    }

    private String place(Optional<Mark> mark) {
        return label + mark.map(at -> " line " + (at.getLine() + 1)).orElse("");
    }

    /** More levels than any option has. */
    private static final class TooDeepException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient Optional<Mark> mark;

        TooDeepException(Optional<Mark> mark) {
            super(null, null, false, false);
            this.mark = mark;
        }
    }
}
