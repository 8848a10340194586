// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Prepares an {@link EmbeddedServer}. For one thread; each {@link #start()} starts another server. */
public final class EmbeddedServerBuilder {

    private static final Pattern ROLE_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    private static final Pattern SETTING_NAME = Pattern.compile("[a-z][a-z0-9_.]*");

    private final Map<String, String> settings = new HashMap<>(SharedServer.SETTINGS);
    private final List<String> hbaLines = new ArrayList<>();
    private final List<String> certificateUsers = new ArrayList<>();
    private final Map<String, String> passwordUsers = new HashMap<>();
    private @Nullable TlsMaterial tls;
    private Consumer<String> progress = message -> {};
    private @Nullable Integer majorVersion;
    private @Nullable Path dataParent;
    private boolean stopAtExit = true;
    private Duration startWait = Duration.ofSeconds(30);

    EmbeddedServerBuilder() {
        // A killed server would leave its socket in the machine's temporary directory, and its lock would stop the
        // restart.
        settings.put("unix_socket_directories", "");
    }

    /**
     * Sets a server setting, as in {@code postgresql.conf}. Preset are {@code max_connections} 300,
     * {@code max_prepared_transactions} 50, {@code fsync} off, {@code synchronous_commit} on, {@code timezone}
     * Asia/Kolkata, and no Unix sockets.
     *
     * @param name the setting's name
     * @param value its value, unquoted
     * @return this builder
     * @throws IllegalArgumentException if the name is no setting's name or is {@code port}, or the
     *     value has a line break, or the value of {@code fsync}, {@code max_connections}, {@code synchronous_commit} or
     *     {@code timezone} is not a plain word
     */
    public EmbeddedServerBuilder setting(String name, String value) {
        String key = name.toLowerCase(Locale.ROOT);
        if (!SETTING_NAME.matcher(key).matches() || key.equals("port")) {
            throw new IllegalArgumentException("'" + name + "' cannot be set; a setting's name matches "
                    + SETTING_NAME.pattern() + ", and the port is always a free one");
        }
        EmbeddedSetup.checkValue(key, value);
        settings.put(key, value);
        return this;
    }

    /**
     * Enables TLS. Without users (see below), every local process can still log in as any user, with or without TLS.
     * @param material the server's certificate and key, and the authorities of the client certificates that it accepts
     * @return this builder
     */
    public EmbeddedServerBuilder tls(TlsMaterial material) {
        tls = material;
        return this;
    }

    /**
     * Creates a role that logs in over TLS with a client certificate of its name ({@code clientcert=verify-full}). From the
     * first user or {@link #hba} line on, only the named users and the administrator can log in.
     *
     * @param name the role's name
     * @return this builder, which then needs {@link #tls}
     * @throws IllegalArgumentException if the name needs quoting in SQL
     */
    public EmbeddedServerBuilder certificateUser(String name) {
        certificateUsers.add(roleName(name));
        return this;
    }

    /**
     * Creates a role that logs in with a password (SCRAM), over TLS only if the server has it.
     *
     * @param name the role's name
     * @param password its password
     * @return this builder
     * @throws IllegalArgumentException if the name needs quoting in SQL
     */
    public EmbeddedServerBuilder passwordUser(String name, String password) {
        passwordUsers.put(roleName(name), password);
        return this;
    }

    /**
     * Adds a line to {@code pg_hba.conf}, after the administrator's lines and before the lines of the users above. The
     * role is not created.
     *
     * @param line as in {@code hostssl all auditor all trust clientcert=verify-ca}
     * @return this builder
     */
    public EmbeddedServerBuilder hba(String line) {
        hbaLines.add(line);
        return this;
    }

    private static String roleName(String name) {
        if (!ROLE_NAME.matcher(name).matches() || name.equals("postgres")) {
            throw new IllegalArgumentException(
                    "Role name '" + name + "' must match " + ROLE_NAME.pattern() + " and not be postgres");
        }
        return name;
    }

    /**
     * Fails to start if the binaries have another version. Without it, the version on the class path is started.
     *
     * @param major for example 18
     * @return this builder
     */
    public EmbeddedServerBuilder majorVersion(int major) {
        majorVersion = major;
        return this;
    }

    /**
     * Receives progress messages for display: the first start on a machine unpacks the binaries, which takes seconds.
     *
     * @param listener called on the thread that starts the server
     * @return this builder
     */
    public EmbeddedServerBuilder onProgress(Consumer<String> listener) {
        progress = listener;
        return this;
    }

    /**
     * Whether the server stops when the JVM ends. Disable it in a program whose own shutdown hook closes the server, so
     * that the program can close its connections first.
     *
     * @param stop true, the default, to stop it
     * @return this builder
     */
    public EmbeddedServerBuilder stopAtExit(boolean stop) {
        stopAtExit = stop;
        return this;
    }

    /**
     * Puts the data directory and the log into a directory of the caller's, for example on a {@link SmallDisk}.
     *
     * @param parent an existing directory
     * @return this builder
     */
    public EmbeddedServerBuilder dataIn(Path parent) {
        dataParent = parent;
        return this;
    }

    /** A server that cannot start is noticed only by its silence: a test of that shortens the wait. */
    EmbeddedServerBuilder startWait(Duration max) {
        startWait = max;
        return this;
    }

    /**
     * Unpacks the binaries if this machine has not seen them, makes a data directory and starts the server on a free port.
     * Blocks until the server accepts connections, for half a minute at most after unpacking.
     *
     * @return the running server, which the caller closes
     * @throws IllegalStateException if there are no binaries for this machine, or of another version, or the server does
     *     not start (the message ends with the server's log); or a certificate user is to log in without TLS
     */
    public EmbeddedServer start() {
        ServerAccess access = new ServerAccess(tls, hbaLines, certificateUsers, passwordUsers);
        EmbeddedServer server = EmbeddedServer.start(
                new EmbeddedSetup(settings, majorVersion, startWait, access, dataParent), progress);
        if (stopAtExit) {
            server.closeAtExit();
        }
        return server;
    }
}
