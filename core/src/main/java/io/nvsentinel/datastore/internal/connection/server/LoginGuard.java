// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks at what a server sends until it has let the client in, before the driver does: the driver computes as many rounds of a
 * password's hash as the server names, on the event loop, and reads a message of any length. Removes itself after the login.
 * Sits behind the TLS handler, which the driver puts in front of everything.
 */
final class LoginGuard extends ByteToMessageDecoder {

    /** The limit of the JDBC driver. PostgreSQL's default is 4,096; 100,000 rounds take about a tenth of a second. */
    static final int MOST_ITERATIONS = 100_000;

    /** Far above any error, notice or parameter of a login. */
    static final int MOST_BYTES = 1 << 20;

    private static final int HEADER_BYTES = 5;
    private static final byte AUTHENTICATION = 'R';
    private static final int AUTHENTICATED = 0;
    private static final int SASL_CONTINUE = 11;
    private static final Pattern ITERATIONS = Pattern.compile("(?:^|,)i=([^,]*)");
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws LoginRefusedException {
        if (in.readableBytes() < HEADER_BYTES) {
            return;
        }
        int begin = in.readerIndex();
        int length = in.getInt(begin + 1);
        if (length < Integer.BYTES || length > MOST_BYTES) {
            throw refuse(
                    in,
                    "the server sent a message of " + Integer.toUnsignedString(length)
                            + " bytes before the login; accepted are " + MOST_BYTES + ", or it is not PostgreSQL");
        }
        if (in.readableBytes() < 1 + length) {
            return;
        }
        boolean authentication = in.getByte(begin) == AUTHENTICATION && length >= 2 * Integer.BYTES;
        int code = authentication ? in.getInt(begin + HEADER_BYTES) : -1;
        if (code == SASL_CONTINUE) {
            checkIterations(in, begin, length);
        }
        out.add(in.readRetainedSlice(1 + length));
        if (code == AUTHENTICATED) {
            context.pipeline().remove(this);
        }
    }

    private static void checkIterations(ByteBuf in, int begin, int length) throws LoginRefusedException {
        String challenge = in.toString(
                begin + HEADER_BYTES + Integer.BYTES, length - 2 * Integer.BYTES, StandardCharsets.US_ASCII);
        Matcher iterations = ITERATIONS.matcher(challenge);
        while (iterations.find()) {
            String number = iterations.group(1);
            if (!NUMBER.matcher(number).matches() || Integer.parseInt(number) > MOST_ITERATIONS) {
                throw refuse(
                        in,
                        "the server requests too many SCRAM iterations; the limit is " + MOST_ITERATIONS
                                + " (scram_iterations on the server)");
            }
        }
    }

    /** None of its data reaches the driver, including later data. */
    private static LoginRefusedException refuse(ByteBuf in, String what) {
        in.skipBytes(in.readableBytes());
        return new LoginRefusedException(what);
    }

    /** The driver gets the reason itself, not the decoder's wrapping. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        try {
            super.channelRead(context, message);
        } catch (DecoderException e) {
            if (e.getCause() instanceof LoginRefusedException refused) {
                context.fireExceptionCaught(refused);
                context.close();
            } else {
                throw e;
            }
        }
    }
}
