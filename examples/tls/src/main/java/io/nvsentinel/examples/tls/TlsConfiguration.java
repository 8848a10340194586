// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.tls;

import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsOptions;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.r2dbc.autoconfigure.ConnectionFactoryOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * TLS from mounted files for the {@code ConnectionFactory} that Spring Boot makes of {@code spring.r2dbc.*}. The files are
 * checked when the application starts and followed while it runs.
 *
 * <pre>{@code
 * spring.r2dbc.url=r2dbc:postgresql://db.example.com:5432/app
 * spring.r2dbc.username=app
 * spring.r2dbc.pool.max-life-time=1h
 * app.certificates=/etc/ssl/client-certs
 * }</pre>
 */
@Configuration(proxyBeanMethods = false)
public class TlsConfiguration {

    /** Creates the configuration. */
    public TlsConfiguration() {}

    /**
     * Reads and checks the files; Spring closes it with the application.
     *
     * @param mount where {@code tls.crt}, {@code tls.key} and {@code ca.crt} are mounted
     * @param user the database user, as the certificate names it
     * @return what encrypts every connection
     */
    @Bean
    public TlsContext tls(@Value("${app.certificates}") Path mount, @Value("${spring.r2dbc.username}") String user) {
        return TlsContext.open(TlsOptions.builder().mount(mount).user(user).build());
    }

    /**
     * Hands it to the driver.
     *
     * @param tls what encrypts
     * @return called by Spring Boot when it makes the connection factory
     */
    @Bean
    public ConnectionFactoryOptionsBuilderCustomizer tlsCustomizer(TlsContext tls) {
        return tls::configure;
    }
}
