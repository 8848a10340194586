// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.internal.error.LoginRefusedException;
import io.nvsentinel.datastore.internal.options.AuthMethods.Method;
import io.nvsentinel.datastore.internal.options.LoginRules;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the messages of one server before a driver does: what they ask for until the client is logged in, and their sizes
 * always. Drivers send the password in the form that a server asks for, compute as many rounds of its hash as the server names,
 * and wait, with the memory for it, for a message of any size. For both drivers; not thread-safe.
 */
public final class MessageGuard {

    /** The limit of the JDBC driver. PostgreSQL's default is 4,096; 100,000 rounds take about a tenth of a second. */
    static final int MOST_ITERATIONS = 100_000;

    /** Far above any error, notice or parameter of a login. */
    static final int MOST_BEFORE_LOGIN = 1 << 20;

    /** Far above any error, notice, notification or description of columns. */
    static final int MOST_BYTES = 1 << 24;

    /** A change with two documents of the size that the library accepts, or half of the heap, which can hold no more. */
    static final long MOST_ROW_BYTES =
            Math.min(544L << 20, Math.max(MOST_BYTES, Runtime.getRuntime().maxMemory() / 2));

    /** What a row of some bytes costs in memory beside them. */
    private static final int ROW_OVERHEAD = 256;

    private static final int HEADER_BYTES = 5;
    private static final byte AUTHENTICATION = 'R';
    private static final byte ROW = 'D';
    private static final byte READY = 'Z';
    private static final Pattern ITERATIONS = Pattern.compile("(?:^|,)i=([^,]*)");
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");
    private static final String BOUND_MECHANISM = "SCRAM-SHA-256-PLUS";

    private static final int OK = 0;
    private static final int CLEAR_TEXT = 3;
    private static final int MD5 = 5;
    private static final int GSS = 7;
    private static final int GSS_CONTINUE = 8;
    private static final int SSPI = 9;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;

    private final LoginRules rules;
    private final BooleanSupplier encrypted;
    private final byte[] header = new byte[HEADER_BYTES];
    private int headerRead;
    private int rest;
    private @Nullable ByteBuffer body;
    private boolean asked;
    private boolean scramBegun;
    private boolean scramFinished;
    private boolean loggedIn;
    private long answerBytes;
    private @Nullable LoginRefusedException refused;

    /**
     * Before the first byte of the first message.
     *
     * @param rules what is accepted
     * @param encrypted whether the connection has TLS, asked when that matters
     */
    public MessageGuard(LoginRules rules, BooleanSupplier encrypted) {
        this.rules = rules;
        this.encrypted = encrypted;
    }

    /**
     * Looks at what has arrived, before the driver receives it.
     *
     * @param bytes what has arrived; its position moves
     * @throws LoginRefusedException if the driver must not receive it, nor anything that comes later
     */
    public void check(ByteBuffer bytes) throws LoginRefusedException {
        if (refused != null) {
            throw refused;
        }
        while (bytes.hasRemaining()) {
            if (headerRead < HEADER_BYTES) {
                header[headerRead++] = bytes.get();
                if (headerRead == HEADER_BYTES) {
                    begin();
                }
            } else {
                read(bytes);
            }
        }
    }

    boolean isLoggedIn() {
        return loggedIn;
    }

    private void read(ByteBuffer bytes) throws LoginRefusedException {
        int count = Math.min(rest, bytes.remaining());
        if (body != null) {
            body.put(bytes.slice().limit(count));
        }
        bytes.position(bytes.position() + count);
        rest -= count;
        if (rest == 0) {
            end();
        }
    }

    private void begin() throws LoginRefusedException {
        int length = ByteBuffer.wrap(header).getInt(1);
        long most = !loggedIn ? MOST_BEFORE_LOGIN : header[0] == ROW ? MOST_ROW_BYTES : MOST_BYTES;
        if (length < Integer.BYTES || length > most) {
            throw refuse("the server sent a message of " + Integer.toUnsignedString(length) + " bytes"
                    + (loggedIn ? "" : " before the login") + "; accepted are " + most + ", or it is no PostgreSQL");
        }
        countAnswer(length);
        rest = length - Integer.BYTES;
        if (header[0] == AUTHENTICATION) {
            if (loggedIn) {
                throw refuse("the server asks for a login after the login");
            }
            body = ByteBuffer.allocate(rest);
        }
        if (rest == 0) {
            end();
        }
    }

    /** All rows of an answer are kept until its end, so an answer without an end would fill the memory. */
    private void countAnswer(int length) throws LoginRefusedException {
        if (header[0] == READY) {
            answerBytes = 0;
        } else if (header[0] == ROW) {
            answerBytes += (long) length + ROW_OVERHEAD;
            if (answerBytes > MOST_ROW_BYTES + ROW_OVERHEAD) {
                throw refuse("the server answered one statement with rows of more than " + MOST_ROW_BYTES + " bytes");
            }
        }
    }

    private void end() throws LoginRefusedException {
        headerRead = 0;
        if (body != null) {
            byte[] content = body.array();
            body = null;
            if (content.length < Integer.BYTES) {
                throw refuse("the server asks for a login of no kind");
            }
            authentication(ByteBuffer.wrap(content).getInt(), content);
        }
    }

    private void authentication(int code, byte[] content) throws LoginRefusedException {
        switch (code) {
            case OK -> loggedIn();
            case CLEAR_TEXT -> ask(Method.PASSWORD);
            case MD5 -> ask(Method.MD5);
            case GSS, GSS_CONTINUE -> ask(Method.GSS);
            case SSPI -> ask(Method.SSPI);
            case SASL -> beginScram(text(content));
            case SASL_CONTINUE -> checkIterations(text(content));
            case SASL_FINAL -> scramFinished = scramBegun;
            default -> throw refuse("the server asks for a login of an unknown kind (" + code + ")");
        }
    }

    private void ask(Method method) throws LoginRefusedException {
        asked = true;
        String objection = rules.objection(method);
        if (objection != null) {
            throw refuse(objection);
        }
    }

    private void beginScram(String mechanisms) throws LoginRefusedException {
        ask(Method.SCRAM_SHA_256);
        scramBegun = true;
        if (rules.bound() && !encrypted.getAsBoolean()) {
            throw refuse("the connection has no TLS, which channelBinding=require needs");
        }
        if (rules.bound() && !Arrays.asList(mechanisms.split("\0")).contains(BOUND_MECHANISM)) {
            throw refuse("the server does not offer " + BOUND_MECHANISM + ", which channelBinding=require needs");
        }
    }

    private void loggedIn() throws LoginRefusedException {
        if (scramBegun && !scramFinished) {
            throw refuse("the server let the client in without proving that it knows the password (SCRAM)");
        }
        if (!asked) {
            ask(Method.NONE);
        }
        loggedIn = true;
    }

    private void checkIterations(String challenge) throws LoginRefusedException {
        Matcher iterations = ITERATIONS.matcher(challenge);
        while (iterations.find()) {
            String number = iterations.group(1);
            if (!NUMBER.matcher(number).matches() || Integer.parseInt(number) > MOST_ITERATIONS) {
                throw refuse("the server asks for too many SCRAM iterations; accepted are up to " + MOST_ITERATIONS
                        + " (scram_iterations on the server)");
            }
        }
    }

    private static String text(byte[] content) {
        return new String(content, Integer.BYTES, content.length - Integer.BYTES, StandardCharsets.US_ASCII);
    }

    private LoginRefusedException refuse(String what) {
        body = null;
        LoginRefusedException refusal = new LoginRefusedException(what);
        refused = refusal;
        return refusal;
    }
}
