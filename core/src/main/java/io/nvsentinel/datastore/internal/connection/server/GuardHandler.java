// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.nvsentinel.datastore.internal.options.LoginRules;

/** The guard of one channel, behind the TLS handler, which the driver puts in front of everything. */
final class GuardHandler extends ChannelInboundHandlerAdapter {

    private final MessageGuard guard;

    GuardHandler(LoginRules rules, Channel channel) {
        this.guard = new MessageGuard(rules, () -> channel.pipeline().get(SslHandler.class) != null);
    }

    /** The driver gets the reason, and then nothing more. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof ByteBuf bytes) {
                guard.check(bytes.nioBuffer());
            }
        } catch (LoginRefusedException e) {
            ReferenceCountUtil.release(message);
            if (context.channel().isOpen()) {
                context.fireExceptionCaught(e);
                context.close();
            }
            return;
        }
        context.fireChannelRead(message);
    }
}
