// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of this directory, parsed. */
final class Manifests {

    static final Path HERE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    static final Path ROOT = HERE.getParent().getParent();
    static final String MOUNT = "/etc/ssl/client-certs";

    private Manifests() {}

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Node> documents(String file) {
        List<Node> documents = new ArrayList<>();
        new Load(LoadSettings.builder().setLabel(file).build())
                .loadAllFromString(read(HERE.resolve(file)))
                .forEach(document -> documents.add(new Node(document)));
        return documents;
    }

    /** Every Kubernetes object of every file. */
    static List<Node> objects() {
        return Stream.of("certificates", "postgresql", "migrations", "application", "network-policy")
                .flatMap(file -> documents(file + ".yaml").stream())
                .toList();
    }

    static Node object(String kind, String name) {
        return objects().stream()
                .filter(object -> object.text("kind").equals(kind)
                        && object.at("metadata").text("name").equals(name))
                .reduce((one, other) -> {
                    throw new AssertionError("Two " + kind + " " + name);
                })
                .orElseThrow(() -> new AssertionError("No " + kind + " " + name));
    }

    /** A container's plain variables. */
    static Map<String, String> environment(Node container) {
        Map<String, String> variables = new LinkedHashMap<>();
        container.list("env").stream()
                .filter(variable -> variable.has("value"))
                .forEach(variable -> variables.put(variable.text("name"), variable.text("value")));
        return variables;
    }

    /** A part of a document. */
    record Node(Object value) {

        Node at(String... path) {
            Object now = value;
            for (String key : path) {
                now = now instanceof Map<?, ?> map ? map.get(key) : null;
                if (now == null) {
                    throw new AssertionError("No " + String.join(".", path) + " in " + value);
                }
            }
            return new Node(now);
        }

        boolean has(String key) {
            return value instanceof Map<?, ?> map && map.containsKey(key);
        }

        String text(String... path) {
            Object found = at(path).value;
            if (!(found instanceof String) && !(found instanceof Number) && !(found instanceof Boolean)) {
                throw new AssertionError(String.join(".", path) + " is no text: " + found);
            }
            return found.toString();
        }

        List<Node> list(String key) {
            return !has(key)
                    ? List.of()
                    : ((List<?>) at(key).value).stream().map(Node::new).toList();
        }

        List<String> texts(String key) {
            return list(key).stream().map(node -> node.value.toString()).toList();
        }

        Node named(String key, String name) {
            return list(key).stream()
                    .filter(node -> node.text("name").equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("No " + name + " in " + key));
        }

        Map<?, ?> map() {
            return (Map<?, ?>) value;
        }
    }
}
