// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.kubernetes.Manifests.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The privileges that every Pod of the manifests drops, and the allowed network connections. */
class HardeningTest {

    private static final String NAMESPACE = "kubernetes.io/metadata.name";

    static Stream<Node> workloads() {
        return Manifests.objects().stream()
                .filter(object -> object.has("spec") && object.at("spec").has("template"));
    }

    static Stream<Node> containers() {
        return workloads()
                .flatMap(workload -> Stream.of("initContainers", "containers")
                        .flatMap(kind -> workload.at("spec", "template", "spec").list(kind).stream()));
    }

    @Test
    void everyManifestOfTheDirectoryIsRead() throws IOException {
        try (Stream<Path> files = Files.list(Manifests.HERE)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".yaml")))
                    .containsExactlyInAnyOrder(
                            "certificates.yaml",
                            "postgresql.yaml",
                            "migrations.yaml",
                            "application.yaml",
                            "network-policy.yaml",
                            "values.yaml");
        }
        assertThat(workloads()).hasSize(3);
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void aPodIsNoRootAndHasNoTokenAndNoServiceLinks(Node workload) {
        Node pod = workload.at("spec", "template", "spec");
        assertThat(pod.text("automountServiceAccountToken")).isEqualTo("false");
        assertThat(pod.text("enableServiceLinks")).isEqualTo("false");
        assertThat(pod.text("securityContext", "runAsNonRoot")).isEqualTo("true");
        assertThat(pod.text("securityContext", "runAsUser")).isNotEqualTo("0");
        assertThat(pod.text("securityContext", "runAsGroup")).isNotEqualTo("0");
        assertThat(pod.text("securityContext", "seccompProfile", "type")).isEqualTo("RuntimeDefault");
        for (String shared : List.of("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")) {
            assertThat(pod.has(shared)).as(shared).isFalse();
        }
        assertThat(pod.list("volumes")).noneMatch(volume -> volume.has("hostPath"));
    }

    @ParameterizedTest
    @MethodSource("containers")
    void aContainerHasNoPrivilegesAndABoundOnWhatItUses(Node container) {
        assertThat(container.text("securityContext", "allowPrivilegeEscalation"))
                .isEqualTo("false");
        assertThat(container.text("securityContext", "readOnlyRootFilesystem")).isEqualTo("true");
        assertThat(container.at("securityContext", "capabilities").texts("drop"))
                .containsExactly("ALL");
        assertThat(container.at("securityContext").has("privileged")).isFalse();
        assertThat(container.at("securityContext", "capabilities").has("add")).isFalse();
        for (String kind : List.of("requests", "limits")) {
            assertThat(container.text("resources", kind, "cpu")).isNotBlank();
            assertThat(container.text("resources", kind, "memory")).isNotBlank();
        }
    }

    /** A digest cannot be known without the registry; README.md says how to pin one. */
    @ParameterizedTest
    @MethodSource("containers")
    void anImageHasARegistryAndADigestOrAFixedTag(Node container) {
        assertThat(container.text("image"))
                .matches("[a-z0-9.-]+\\.[a-z]+/[a-z0-9/-]+(@sha256:[0-9a-f]{64}|:[0-9][A-Za-z0-9._-]*)");
        assertThat(Manifests.read(Manifests.HERE.resolve("README.md")))
                .contains("@sha256:")
                .contains("crane digest");
    }

    @Test
    void nothingIsReachedButByAPolicy() {
        Node deny = Manifests.object("NetworkPolicy", "default-deny").at("spec");
        assertThat(deny.at("podSelector").map()).isEmpty();
        assertThat(deny.texts("policyTypes")).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(deny.has("ingress") || deny.has("egress")).isFalse();
    }

    /** The API server sets this label of a namespace; labels of Pods are set by their creator. */
    @Test
    void noPolicyLetsAPodInByItsLabelsAlone() {
        List<Node> policies = Manifests.objects().stream()
                .filter(object -> object.text("kind").equals("NetworkPolicy"))
                .toList();
        assertThat(policies).hasSizeGreaterThan(3);
        for (Node policy : policies) {
            for (Node rule : policy.at("spec").list("ingress")) {
                assertThat(rule.list("from")).isNotEmpty();
                assertThat(rule.list("ports")).isNotEmpty();
                for (Node from : rule.list("from")) {
                    assertThat(from.at("namespaceSelector", "matchLabels").map().get(NAMESPACE))
                            .isNotNull();
                    assertThat(from.at("podSelector", "matchLabels").map()).isNotEmpty();
                }
            }
            for (Node rule : policy.at("spec").list("egress")) {
                assertThat(rule.list("to")).isNotEmpty();
                assertThat(rule.list("ports")).isNotEmpty();
            }
        }
    }

    @Test
    void everyPodThatListensIsReachedByAPolicyOfItsPortOnly() {
        Set<Map<?, ?>> selected = Manifests.objects().stream()
                .filter(object -> object.text("kind").equals("NetworkPolicy"))
                .map(object -> object.at("spec"))
                .filter(spec -> spec.has("ingress"))
                .map(spec -> spec.at("podSelector", "matchLabels").map())
                .collect(Collectors.toSet());
        assertThat(selected)
                .containsExactlyInAnyOrder(
                        Map.of("app.kubernetes.io/name", "postgresql"),
                        Map.of("app.kubernetes.io/name", "fault-quarantine"));
        Node ingress = Manifests.object("NetworkPolicy", "fault-quarantine")
                .at("spec")
                .list("ingress")
                .get(0);
        assertThat(ingress.list("ports").get(0).text("port")).isEqualTo("8080");
    }

    /** What a workflow runs, it runs with a token that reads only and that no later step finds. */
    @Test
    void workflowsHaveNoMoreRightsThanTheyNeed() throws IOException {
        try (Stream<Path> files = Files.list(Manifests.ROOT.resolve(".github/workflows"))) {
            for (Path file : files.toList()) {
                String workflow = Manifests.read(file);
                assertThat(workflow)
                        .contains("permissions:\n  contents: read\n")
                        .doesNotContain("pull_request_target");
                assertThat(workflow.split("uses: actions/checkout@", -1))
                        .hasSameSizeAs(workflow.split("persist-credentials: false", -1));
                assertThat(workflow.lines().filter(line -> line.contains("uses: ")))
                        .allMatch(line ->
                                line.matches("\\s*(- )?uses: actions/[a-z-]+@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+"));
            }
        }
    }
}
