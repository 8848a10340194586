// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.Health.State;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.kubernetes.Manifests.Node;
import io.nvsentinel.tls.SslMode;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests fit together, and what they say lets an application in that does its work and nothing else. */
class ManifestsTest {

    @RegisterExtension
    static final BeforeAllCallback DATABASE = SecureDatabase.extension();

    private static final Duration SOON = Duration.ofSeconds(60);

    /** Made by the commands in README.md, from files that must not be copied and a password that must not be in one. */
    private static final Set<String> BY_HAND = Set.of("postgresql-admin", "datastore-sql");

    private static final String CLIENT = "nvsentinel.io/datastore-client";

    static Stream<Node> workloads() {
        return Manifests.objects().stream()
                .filter(object -> object.has("spec") && object.at("spec").has("template"));
    }

    static Stream<Node> clients() {
        return workloads().filter(workload -> labels(workload).containsKey(CLIENT));
    }

    private static Map<?, ?> labels(Node workload) {
        return workload.at("spec", "template", "metadata", "labels").map();
    }

    private static Node pod(Node workload) {
        return workload.at("spec", "template", "spec");
    }

    private static List<Node> containers(Node workload) {
        return Stream.of("initContainers", "containers")
                .flatMap(kind -> pod(workload).list(kind).stream())
                .toList();
    }

    private static List<Node> certificates() {
        return Manifests.objects().stream()
                .filter(object -> object.text("kind").equals("Certificate"))
                .toList();
    }

    private static String name(Node object) {
        return object.text("metadata", "name");
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void noVariablesComeFromServices(Node workload) {
        assertThat(pod(workload).at("enableServiceLinks").value()).isEqualTo(false);
    }

    @Test
    void everythingIsInOneNamespaceAndNamedOnce() {
        assertThat(Manifests.objects())
                .extracting(object -> object.text("metadata", "namespace"))
                .containsOnly("nvsentinel");
        assertThat(Manifests.objects())
                .extracting(object -> object.text("kind") + " " + name(object))
                .doesNotHaveDuplicates();
    }

    @Test
    void thereAreCommandsForWhatIsMadeByHand() {
        String readme = Manifests.read(Manifests.HERE.resolve("README.md"));
        assertThat(BY_HAND).allSatisfy(name -> assertThat(readme).contains(" " + name + " "));
        for (String file : List.of("docs/postgresql-roles.sql", "docs/postgresql-grants.sql")) {
            assertThat(readme).contains("--from-file=" + file);
            assertThat(Manifests.ROOT.resolve(file)).exists();
        }
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void whatIsMountedExistsAndEveryVolumeIsMounted(Node workload) {
        Set<String> made = certificates().stream()
                .map(certificate -> certificate.text("spec", "secretName"))
                .collect(Collectors.toSet());
        made.addAll(BY_HAND);
        Manifests.objects().stream()
                .filter(object -> object.text("kind").equals("ConfigMap"))
                .forEach(object -> made.add(name(object)));
        Set<String> volumes = pod(workload).list("volumes").stream()
                .map(volume -> volume.text("name"))
                .collect(Collectors.toSet());
        workload.at("spec").list("volumeClaimTemplates").forEach(claim -> volumes.add(name(claim)));

        pod(workload).list("volumes").forEach(volume -> {
            if (volume.has("secret")) {
                assertThat(made).contains(volume.text("secret", "secretName"));
                assertThat(((Number) volume.at("secret", "defaultMode").value()).intValue())
                        .as("what the checks of keys accept of a file of root's")
                        .isEqualTo(Integer.valueOf("0640", 8));
            } else if (volume.has("configMap")) {
                assertThat(made).contains(volume.text("configMap", "name"));
            }
        });
        assertThat(containers(workload).stream()
                        .flatMap(container -> container.list("volumeMounts").stream())
                        .map(mount -> mount.text("name"))
                        .collect(Collectors.toSet()))
                .isEqualTo(volumes);
        containers(workload).stream()
                .flatMap(container -> container.list("env").stream())
                .filter(variable -> variable.has("valueFrom"))
                .forEach(variable -> assertThat(made).contains(variable.text("valueFrom", "secretKeyRef", "name")));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void selectorsPortsAndProbesFit(Node workload) {
        if (workload.at("spec").has("selector")) {
            workload.at("spec", "selector", "matchLabels")
                    .map()
                    .forEach((label, value) ->
                            assertThat(labels(workload).get(label)).isEqualTo(value));
        }
        for (Node container : containers(workload)) {
            Set<String> ports = container.list("ports").stream()
                    .map(port -> port.text("name"))
                    .collect(Collectors.toSet());
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                if (container.has(probe) && container.at(probe).has("httpGet")) {
                    assertThat(ports).contains(container.text(probe, "httpGet", "port"));
                }
            }
        }
    }

    @Test
    void theServiceLeadsToTheServer() {
        Node service = Manifests.object("Service", "postgresql");
        Node server = Manifests.object("StatefulSet", "postgresql");
        assertThat(server.text("spec", "serviceName")).isEqualTo(name(service));
        assertThat(labels(server)).isEqualTo(service.at("spec", "selector").map());
        Node port = service.at("spec").list("ports").get(0);
        assertThat(pod(server)
                        .named("containers", "postgresql")
                        .named("ports", port.text("targetPort"))
                        .text("containerPort"))
                .isEqualTo(port.text("port"))
                .isEqualTo("5432");
    }

    @Test
    void theNetworkPoliciesLetClientsReachTheServer() {
        Node server = Manifests.object("NetworkPolicy", "postgresql");
        Node client = Manifests.object("NetworkPolicy", "datastore-clients");
        assertThat(server.at("spec", "podSelector", "matchLabels").map())
                .isEqualTo(labels(Manifests.object("StatefulSet", "postgresql")));
        Node in = server.at("spec").list("ingress").get(0);
        Node out = client.at("spec").list("egress").get(0);
        assertThat(in.list("from").get(0).at("podSelector", "matchLabels").map())
                .isEqualTo(client.at("spec", "podSelector", "matchLabels").map())
                .isEqualTo(Map.of(CLIENT, "true"));
        assertThat(out.list("to").get(0).at("podSelector", "matchLabels").map())
                .isEqualTo(server.at("spec", "podSelector", "matchLabels").map());
        for (Node rule : List.of(in, out)) {
            assertThat(rule.list("ports").get(0).text("port")).isEqualTo("5432");
        }
    }

    @Test
    void certificatesHaveAnIssuerAndAreRenewedInTime() {
        for (Node certificate : certificates()) {
            Node spec = certificate.at("spec");
            Manifests.object("Issuer", spec.text("issuerRef", "name"));
            assertThat(hours(spec.text("renewBefore")))
                    .as("the alert comes after the renewal should have")
                    .isBetween(7L * 24 + 1, hours(spec.text("duration")) - 1);
        }
        assertThat(Manifests.object("Issuer", "datastore-issuer").text("spec", "ca", "secretName"))
                .isEqualTo(Manifests.object("Certificate", "datastore-ca").text("spec", "secretName"));
    }

    private static long hours(String duration) {
        assertThat(duration).matches("\\d+h");
        return Long.parseLong(duration.substring(0, duration.length() - 1));
    }

    @Test
    void theServersCertificateIsForServersAndNamesTheHostThatClientsAsk() {
        Node spec = Manifests.object("Certificate", "postgresql-server").at("spec");
        assertThat(spec.texts("usages")).contains("server auth");
        assertThat(spec.texts("dnsNames"))
                .contains(options(Manifests.object("Deployment", "fault-quarantine"))
                        .host());
        clients()
                .forEach(client -> assertThat(spec.texts("dnsNames"))
                        .contains(options(client).host()));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void aClientsCertificateIsForClientsAndNamesItsUser(Node client) {
        String secret = pod(client).named("volumes", "client-cert").text("secret", "secretName");
        Node certificate = certificates().stream()
                .map(object -> object.at("spec"))
                .filter(spec -> spec.text("secretName").equals(secret))
                .findFirst()
                .orElseThrow();
        assertThat(certificate.texts("usages")).contains("client auth");
        assertThat(certificate.text("privateKey", "encoding")).isEqualTo("PKCS8");
        assertThat(certificate.text("commonName")).isEqualTo(options(client).username());
        assertThat(Manifests.object("ConfigMap", "postgresql-config").text("data", "users.sql"))
                .contains("CREATE ROLE \"" + certificate.text("commonName") + "\" LOGIN;");
    }

    @ParameterizedTest
    @MethodSource("clients")
    void theVariablesAreOptions(Node client) {
        DatastoreOptions options = options(client);
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_FULL);
        assertThat(options.port()).isEqualTo(5432);
        assertThat(options.password()).isNull();
        assertThat(options.database())
                .isEqualTo(pod(Manifests.object("StatefulSet", "postgresql"))
                        .named("containers", "postgresql")
                        .named("env", "POSTGRES_DB")
                        .text("value"));
        for (Node container : containers(client)) {
            assertThat(container.named("volumeMounts", "client-cert").text("mountPath"))
                    .isEqualTo(Manifests.MOUNT);
        }
        assertThat(List.of(options.sslCert(), options.sslKey(), options.sslRootCert()))
                .containsExactly(
                        Path.of(Manifests.MOUNT, "tls.crt"),
                        Path.of(Manifests.MOUNT, "tls.key"),
                        Path.of(Manifests.MOUNT, "ca.crt"));
    }

    /** The first container with the library; what it does not know it refuses. */
    private static DatastoreOptions options(Node client) {
        return containers(client).stream()
                .map(Manifests::environment)
                .filter(environment -> environment.containsKey("DATASTORE_HOST"))
                .map(DatastoreOptions::fromEnvironment)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void rightsAreSeparated() {
        assertThat(options(Manifests.object("Job", "datastore-migrations")).schemaMode())
                .isEqualTo(SchemaMode.MIGRATE);
        DatastoreOptions application = options(Manifests.object("Deployment", "fault-quarantine"));
        assertThat(application.schemaMode()).isEqualTo(SchemaMode.VALIDATE);
        Node probe = pod(Manifests.object("Deployment", "fault-quarantine"))
                .named("containers", "fault-quarantine")
                .at("startupProbe");
        assertThat(Duration.ofSeconds(
                        Long.parseLong(probe.text("periodSeconds")) * Long.parseLong(probe.text("failureThreshold"))))
                .isGreaterThan(application.schemaWait());
    }

    @Test
    void theHelmValuesSayWhatTheVariablesSay() {
        DatastoreOptions values = DatastoreOptions.fromYaml(Manifests.read(Manifests.HERE.resolve("values.yaml")));
        Map<String, Object> variables = accessors(options(Manifests.object("Deployment", "fault-quarantine")));
        assertThat(variables).hasSizeGreaterThan(25);
        // Values are for the whole chart; the name of an application is its own.
        variables.remove("applicationName");
        assertThat(accessors(values)).containsAllEntriesOf(variables);
        Node setup = Manifests.documents("values.yaml").get(0).at("global", "datastore", "setupJob");
        assertThat(BY_HAND).contains(setup.text("adminSecret"));
    }

    private static Map<String, Object> accessors(DatastoreOptions options) {
        Map<String, Object> found = new HashMap<>();
        for (Method method : DatastoreOptions.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())
                    && !Modifier.isStatic(method.getModifiers())
                    && method.getParameterCount() == 0) {
                try {
                    found.put(method.getName(), method.invoke(options));
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            }
        }
        // The last two contain the same values again.
        found.keySet().removeAll(List.of("toString", "hashCode", "toBuilder", "configured", "tls"));
        return found;
    }

    @Test
    void theServerRunsWithTheLinesOfTheManifest() throws SQLException {
        List<String> rules = new ArrayList<>();
        try (Connection connection =
                        DriverManager.getConnection(SecureDatabase.get().adminUrl());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT concat_ws(' ', type, array_to_string(database, ','),"
                        + " array_to_string(user_name, ','), address, auth_method, "
                        + "array_to_string(options, ' ')), error"
                        + " FROM pg_hba_file_rules ORDER BY line_number")) {
            while (rows.next()) {
                assertThat(rows.getString(2)).isNull();
                rules.add(rows.getString(1).strip());
            }
        }
        assertThat(rules)
                .containsSubsequence(SecureDatabase.hbaLines().stream()
                        .map(line -> line.replaceAll(" +", " "))
                        .toList());
    }

    @Test
    void theApplicationDoesItsWork() {
        Datastore datastore =
                Datastore.connect(SecureDatabase.get().application()).block(SOON);
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            HealthEventDocument event = HealthEventDocument.of(
                    Instant.EPOCH, HealthEvent.builder().nodeName("gpu-node-1").build());
            UUID id = datastore.healthEvents().insert(event).block(SOON);
            assertThat(datastore.health().block(SOON).state()).isEqualTo(State.UP);
            ChangeEvent<HealthEventDocument> change = streams.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder()
                                    .clientName("fault-quarantine")
                                    .startAt(StartAt.beginning())
                                    .build())
                    .filter(seen -> id.toString().equals(String.valueOf(seen.recordId())))
                    .next()
                    .block(SOON);
            assertThat(change.after().event().nodeName()).isEqualTo("gpu-node-1");
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    @Test
    void theApplicationCannotChangeTheSchema() {
        Datastore datastore =
                Datastore.connect(SecureDatabase.get().application()).block(SOON);
        try {
            assertThatThrownBy(() -> datastore.createCollection("racks").block(SOON))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("42501");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sslmode=disable", "sslmode=require"})
    void nobodyGetsInWithoutACertificate(String mode) {
        assertThatThrownBy(() -> DriverManager.getConnection("jdbc:postgresql://localhost:"
                                + SecureDatabase.get().port() + "/nvsentinel?user=fault-quarantine&password=guessed&"
                                + mode)
                        .close())
                .isInstanceOf(SQLException.class);
    }
}
