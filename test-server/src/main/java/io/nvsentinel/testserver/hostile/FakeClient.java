// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.hostile;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A client, as a fake server sees it. */
public final class FakeClient {

    private static final int TLS_REQUEST = 80877103;
    private static final int LARGEST_MESSAGE = 1 << 20;

    private final Socket socket;
    private final @Nullable SSLContext tls;
    private final List<String> passwords;
    private DataInputStream in;
    private DataOutputStream out;

    FakeClient(Socket socket, @Nullable SSLContext tls, List<String> passwords) throws IOException {
        this.socket = socket;
        this.tls = tls;
        this.passwords = passwords;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        this.out = new DataOutputStream(socket.getOutputStream());
    }

    /**
     * Reads the first message, and before it a request for TLS, which is refused or done.
     *
     * @return this client
     * @throws IOException if the client has gone
     */
    public FakeClient start() throws IOException {
        byte[] first = startup();
        if (ByteBuffer.wrap(first).getInt() == TLS_REQUEST) {
            encrypt();
            startup();
        }
        return this;
    }

    private void encrypt() throws IOException {
        out.writeByte(tls == null ? 'N' : 'S');
        out.flush();
        if (tls != null) {
            SSLSocket encrypted =
                    (SSLSocket) tls.getSocketFactory().createSocket(socket, "client", socket.getPort(), true);
            encrypted.setUseClientMode(false);
            in = new DataInputStream(new BufferedInputStream(encrypted.getInputStream()));
            out = new DataOutputStream(encrypted.getOutputStream());
        }
    }

    private byte[] startup() throws IOException {
        return in.readNBytes(Math.min(in.readInt() - Integer.BYTES, LARGEST_MESSAGE));
    }

    /**
     * Asks for a login, or says that it is done.
     *
     * @param code the kind
     * @param content what follows it
     * @return this client
     * @throws IOException if the client has gone
     */
    public FakeClient authentication(int code, String content) throws IOException {
        byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
        return send(
                'R',
                ByteBuffer.allocate(Integer.BYTES + bytes.length)
                        .putInt(code)
                        .put(bytes)
                        .array());
    }

    /**
     * Reads an answer to a request for a login, and keeps it for {@link FakeServer#passwords()}.
     *
     * @return what the client sent
     * @throws IOException if it has gone
     */
    public String password() throws IOException {
        byte[] message = receive();
        String password = new String(message, 1, message.length - 1, StandardCharsets.UTF_8);
        if (message[0] == 'p') {
            passwords.add(password);
        }
        return password;
    }

    /**
     * Lets the client in: parameters, key, and that the server is ready.
     *
     * @return this client
     * @throws IOException if the client has gone
     */
    public FakeClient welcome() throws IOException {
        return authentication(0, "")
                .send('S', text("server_version", "18.1"))
                .send('S', text("client_encoding", "UTF8"))
                .send('S', text("standard_conforming_strings", "on"))
                .send('S', text("TimeZone", "UTC"))
                .send('S', text("integer_datetimes", "on"))
                .send('K', ByteBuffer.allocate(8).putInt(1).putInt(2).array())
                .send('Z', new byte[] {'I'});
    }

    /**
     * Sends a message.
     *
     * @param type its type
     * @param content what follows its length
     * @return this client
     * @throws IOException if the client has gone
     */
    public FakeClient send(char type, byte[] content) throws IOException {
        return raw(ByteBuffer.allocate(1 + Integer.BYTES + content.length)
                .put((byte) type)
                .putInt(Integer.BYTES + content.length)
                .put(content)
                .array());
    }

    /**
     * Sends bytes that need not be a message.
     *
     * @param bytes the bytes
     * @return this client
     * @throws IOException if the client has gone
     */
    public FakeClient raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /**
     * Reads a message.
     *
     * @return its type, and what follows its length
     * @throws IOException if the client has gone
     */
    public byte[] receive() throws IOException {
        byte type = in.readByte();
        int length = in.readInt() - Integer.BYTES;
        byte[] message = new byte[1 + Math.min(length, LARGEST_MESSAGE)];
        message[0] = type;
        in.readFully(message, 1, message.length - 1);
        return message;
    }

    /**
     * Reads until the client has asked for an answer: a simple query, or the end of a group of messages.
     *
     * @throws IOException if it has gone
     */
    public void question() throws IOException {
        byte type = receive()[0];
        while (type != 'Q' && type != 'S' && type != 'H') {
            type = receive()[0];
        }
    }

    /**
     * Says nothing until the client closes the connection.
     *
     * @throws IOException if that happened
     */
    public void silence() throws IOException {
        while (true) {
            receive();
        }
    }

    /**
     * Strings as messages have them.
     *
     * @param parts the strings
     * @return each with a zero byte behind it
     */
    public static byte[] text(String... parts) {
        return (String.join("\0", parts) + "\0").getBytes(StandardCharsets.UTF_8);
    }
}
