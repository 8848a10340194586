// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

    private static final Duration LONG = Duration.ofSeconds(10);
    private static final int SILENCE_MILLIS = 200;

    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private ServerSocket echo;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        daemon(() -> {
            while (true) {
                Socket socket = echo.accept();
                accepted.add(socket);
                daemon(() -> socket.getInputStream().transferTo(socket.getOutputStream()));
            }
        });
        proxy = TcpProxy.to(echo.getInetAddress().getHostAddress(), echo.getLocalPort());
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // The test closed the socket.
                        return;
                    }
                },
                "echo");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        proxy.close();
        echo.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(proxy.host(), proxy.port());
        socket.setSoTimeout((int) LONG.toMillis());
        return socket;
    }

    private static void exchange(Socket socket, int value) throws IOException {
        socket.getOutputStream().write(value);
        assertThat(socket.getInputStream().read()).isEqualTo(value);
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout((int) LONG.toMillis());
    }

    private ProxiedConnection only() {
        return Await.until("one connection", LONG, proxy::connections, all -> all.size() == 1)
                .get(0);
    }

    @Test
    void bytesPassAndAreCounted() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            exchange(client, 2);
            ProxiedConnection connection = only();
            assertThat(connection.bytesToClient()).isEqualTo(2);
            assertThat(connection.bytesToServer()).isEqualTo(2);
            assertThat(connection.isOpen()).isTrue();
            assertThat(connection.clientPort()).isEqualTo(client.getLocalPort());
            assertThat(accepted).extracting(Socket::getPort).containsExactly(connection.serverSidePort());
        }
    }

    @Test
    void anOrderlyEndPassesInBothDirections() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            ProxiedConnection connection = only();
            accepted.get(0).close();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            Await.until(
                    "the connection is gone", LONG, () -> proxy.connections().isEmpty());
            assertThat(connection.isOpen()).isFalse();
        }
        try (Socket client = connect()) {
            exchange(client, 1);
        }
        Await.until("the connection is gone", LONG, () -> proxy.connections().isEmpty());
        assertThat(accepted.get(1).getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void aCutResetsBothSidesAndNewConnectionsAreAccepted() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
        try (Socket client = connect()) {
            exchange(client, 2);
        }
    }

    @Test
    void oneConnectionCanBeCutAlone() throws IOException {
        try (Socket one = connect();
                Socket two = connect()) {
            exchange(one, 1);
            exchange(two, 2);
            proxy.connections().stream()
                    .filter(connection -> connection.clientPort() == one.getLocalPort())
                    .forEach(ProxiedConnection::cut);
            assertThatThrownBy(() -> one.getInputStream().read()).isInstanceOf(SocketException.class);
            exchange(two, 3);
            assertThat(only().clientPort()).isEqualTo(two.getLocalPort());
        }
    }

    @Test
    void oneConnectionCanDisappearAlone() throws IOException {
        try (Socket one = connect();
                Socket two = connect()) {
            exchange(one, 1);
            exchange(two, 2);
            ProxiedConnection gone = proxy.connections().stream()
                    .filter(connection -> connection.clientPort() == one.getLocalPort())
                    .findFirst()
                    .orElseThrow();
            gone.blackHole();
            one.getOutputStream().write(3);
            assertSilent(one);
            exchange(two, 4);
            assertThat(gone.isOpen()).isTrue();
            gone.cut();
            assertThatThrownBy(() -> one.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void aBlackHoleHoldsBackBytesAndEndsUntilHealed() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.blackHole();
            client.getOutputStream().write(2);
            assertSilent(client);
            accepted.get(0).close();
            assertSilent(client);
            assertThat(only().isOpen()).isTrue();
            proxy.heal();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        proxy.blackHole();
        try (Socket client = connect()) {
            client.getOutputStream().write(3);
            assertSilent(client);
            proxy.heal();
            assertThat(client.getInputStream().read()).isEqualTo(3);
        }
    }

    @Test
    void aConnectionInABlackHoleCanBeCut() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.blackHole();
            client.getOutputStream().write(2);
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThat(proxy.connections()).isEmpty();
        }
    }

    @Test
    void aDelayHoldsBackEachDirectionUntilHealed() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.delay(Duration.ofMillis(150));
            long start = System.nanoTime();
            exchange(client, 2);
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(300));
            proxy.delay(Duration.ofHours(1));
            client.getOutputStream().write(3);
            assertSilent(client);
            proxy.heal();
            assertThat(client.getInputStream().read()).isEqualTo(3);
        }
        assertThatThrownBy(() -> proxy.delay(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusalStopsNewConnectionsOnlyUntilHealed() throws IOException {
        int port = proxy.port();
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.refuse();
            proxy.refuse();
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            exchange(client, 2);
        }
        proxy.heal();
        proxy.heal();
        // Many times: whether the system still accepts just after the listener was closed is a matter of timing.
        for (int i = 0; i < 50; i++) {
            proxy.refuse();
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            proxy.heal();
        }
        assertThat(proxy.port()).isEqualTo(port);
        try (Socket client = connect()) {
            exchange(client, 3);
        }
    }

    @Test
    void closingResetsAllAndStopsListening() throws IOException {
        try (Socket client = connect()) {
            exchange(client, 1);
            proxy.close();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        assertThatThrownBy(proxy::heal).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aServerThatIsDownResetsTheClient() throws IOException {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        try (TcpProxy toNobody = TcpProxy.to("127.0.0.1", port);
                Socket client = new Socket(toNobody.host(), toNobody.port())) {
            client.setSoTimeout((int) LONG.toMillis());
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void aSessionOfPostgresIsFoundByItsPortAndEndsWhenCut() throws SQLException {
        PostgresServer server = PostgresServer.shared();
        TestDatabase admin = server.admin();
        try (TcpProxy database = TcpProxy.to(server.host(), server.port());
                Connection session = connect(server, database)) {
            int port = database.connections().get(0).serverSidePort();
            assertThat(query(session, "SELECT client_port FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
                    .isEqualTo(Integer.toString(port));
            String pid = query(session, "SELECT pg_backend_pid()");
            database.cut();
            assertThatThrownBy(() -> query(session, "SELECT 1")).isInstanceOf(SQLException.class);
            Await.until(
                    "the session has ended",
                    LONG,
                    () -> admin.queryForStrings("SELECT query FROM pg_stat_activity WHERE pid = ?::int", pid),
                    List::isEmpty);
        }
    }

    private static Connection connect(PostgresServer server, TcpProxy proxy) throws SQLException {
        String url = "jdbc:postgresql://" + proxy.host() + ":" + proxy.port() + "/" + server.adminDatabase();
        return DriverManager.getConnection(url, server.adminUser(), server.adminPassword());
    }

    private static String query(Connection session, String sql) throws SQLException {
        try (var statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
