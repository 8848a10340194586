// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that speak the protocol and do not keep its promises are refused by name. */
class ServerProductTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PostgreSQL 14.1 on x86_64-pc-linux-gnu, compiled by gcc (Debian 10.2.1-6) 10.2.1 20210110, 64-bit",
                "PostgreSQL 18.6 on x86_64-pc-linux-musl, compiled by gcc (Alpine 14.2.0) 14.2.0, 64-bit",
                "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0), 64-bit",
                "PostgreSQL 14.5, compiled by Visual C++ build 1914, 64-bit",
                "PostgreSQL 15.4 (EnterpriseDB Advanced Server 15.4.0) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit",
                "PostgreSQL 19beta1 on aarch64-unknown-linux-gnu, compiled by clang, 64-bit",
            })
    void postgresqlPasses(String version) {
        assertThat(ServerProduct.problem(version)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CockroachDB CCL v23.1.13 (x86_64-pc-linux-gnu, built 2023/12/08) | CockroachDB
                    PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 15, 64-bit | YugabyteDB
                    PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.56754 | Amazon Redshift
                    PostgreSQL 16 | does not identify itself as PostgreSQL
                    PostgreSQL 9.4.26 (Greenplum Database 6.25.3) on x86_64, compiled by gcc, 64-bit | Greenplum
                    PostgreSQL 13.14.0-RisingWave-2.0.1 (abc) | RisingWave
                    PostgreSQL 13.20 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit | is PostgreSQL 13 and must be 14
                    PostgreSQL , compiled by gcc | does not identify itself as PostgreSQL
                    null | does not identify itself as PostgreSQL
                    """)
    void othersAreRefusedByName(String version, String expected) {
        assertThat(ServerProduct.problem(version))
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains(expected).contains("14"));
    }

    @Test
    void aLongAnswerIsRefusedAndNotPrinted() {
        assertThat(ServerProduct.problem("x".repeat(1_000_000)))
                .hasValueSatisfying(problem -> assertThat(problem).hasSizeLessThan(300));
    }
}
