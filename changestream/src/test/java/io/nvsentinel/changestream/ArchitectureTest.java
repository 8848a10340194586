// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SliceRule;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.CorePublisher;
import reactor.core.publisher.MonoOperator;

/** The rules that hold for the production classes of all modules, which are all on the class path here. */
@Tag("essential")
class ArchitectureTest {

    private static final JavaClasses PRODUCTION = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.nvsentinel.tls", "io.nvsentinel.datastore", "io.nvsentinel.changestream");

    private static final Set<String> WAITING = Set.of(
            "block", "blockFirst", "blockLast", "blockOptional", "toFuture", "toIterable", "toStream", "subscribe");

    @Test
    void allModulesAreLookedAt() {
        assertThat(PRODUCTION.stream().map(type -> type.getPackageName()))
                .contains(
                        "io.nvsentinel.tls",
                        "io.nvsentinel.datastore",
                        "io.nvsentinel.datastore.internal.connection",
                        "io.nvsentinel.changestream");
        assertThat(PRODUCTION.contain(ArchitectureTest.class)).isFalse();
    }

    @Test
    void modulesDependInOneDirection() {
        noClasses()
                .that(resideInAPackage("io.nvsentinel.tls.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.nvsentinel.datastore..", "io.nvsentinel.changestream..")
                .check(PRODUCTION);
        noClasses()
                .that(resideInAPackage("io.nvsentinel.datastore.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.nvsentinel.changestream..")
                .check(PRODUCTION);
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.nvsentinel.testserver..")
                .check(PRODUCTION);
    }

    @Test
    void internalPackagesDependInOneDirection() {
        for (String parent : List.of("io.nvsentinel.datastore", "io.nvsentinel.changestream")) {
            slices().matching(parent + ".internal.(*)..")
                    .should()
                    .beFreeOfCycles()
                    .check(PRODUCTION);
        }
    }

    /**
     * The public types of core that know what implements them, and which internal package: where a datastore is connected,
     * options are read, and values are checked while they are built or read from MongoDB's spelling.
     */
    private static final Map<String, Set<String>> DOORS = Map.ofEntries(
            entry("Datastore", Set.of("store")),
            entry("SchemaStatus", Set.of("store")),
            entry("DatastoreOptions", Set.of("options")),
            entry("query.Filter", Set.of("filter")),
            entry("query.Update", Set.of("filter", "update")),
            entry("aggregation.Aggregation", Set.of("aggregate")),
            entry("aggregation.Expression", Set.of("aggregate", "filter")),
            entry("aggregation.Stage", Set.of("aggregate")),
            entry("aggregation.Window", Set.of("aggregate")),
            entry("codec.JsonTreeWriter", Set.of("filter")),
            entry("error.DatastoreException", Set.of("")),
            entry("metrics.SampledMeters", Set.of("figures", "store")));

    private static final String CORE = "io.nvsentinel.datastore";

    @Test
    void packagesOfCoreDependInOneDirection() {
        SliceRule rule = slices().assignedFrom(packagesOfCore()).should().beFreeOfCycles();
        for (Map.Entry<String, Set<String>> door : DOORS.entrySet()) {
            for (String room : door.getValue()) {
                DescribedPredicate<JavaClass> origin = isOrIsNestedIn(CORE + "." + door.getKey());
                DescribedPredicate<JavaClass> target =
                        resideInAPackage(room.isEmpty() ? CORE + ".internal" : CORE + ".internal." + room + "..");
                assertThat(PRODUCTION.stream()
                                .filter(origin)
                                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                                .map(Dependency::getTargetClass)
                                .anyMatch(target))
                        .as("%s still needs internal.%s", door.getKey(), room)
                        .isTrue();
                rule = rule.ignoreDependency(origin, target);
            }
        }
        rule.check(PRODUCTION);
    }

    /** Each public package, and each package directly below {@code internal} with those below it. */
    private static SliceAssignment packagesOfCore() {
        return new SliceAssignment() {

            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                String name = type.getPackageName();
                String internal = CORE + ".internal.";
                if (name.startsWith(internal)) {
                    return SliceIdentifier.of(
                            internal + name.substring(internal.length()).split("\\.")[0]);
                }
                return name.equals(CORE) || name.startsWith(CORE + ".")
                        ? SliceIdentifier.of(name)
                        : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "packages of core";
            }
        };
    }

    private static DescribedPredicate<JavaClass> isOrIsNestedIn(String name) {
        return describe(
                name, type -> type.getName().equals(name) || type.getName().startsWith(name + "$"));
    }

    @Test
    void internalTypesStayInside() {
        classes()
                .that(resideInAPackage("io.nvsentinel..internal.."))
                .should()
                .onlyBeAccessed()
                .byAnyPackage("io.nvsentinel..")
                .check(PRODUCTION);
        codeUnits()
                .that(describe("are seen by users of the library", ArchitectureTest::isSeen))
                .should(mentionNoInternalType())
                .check(PRODUCTION);
    }

    @Test
    void onlyOneRoomOpensAndClosesConnections() {
        noClasses()
                .that(resideOutsideOfPackage("io.nvsentinel.datastore.internal.connection.."))
                .should()
                .accessTargetWhere(accessTo(Connection.class, Set.of("close")))
                .orShould()
                .accessTargetWhere(accessTo(ConnectionFactory.class, Set.of("create")))
                .orShould()
                .accessTargetWhere(accessTo(ConnectionPool.class, Set.of("<init>", "create", "close", "dispose")))
                .check(PRODUCTION);
    }

    @Test
    void nothingWaitsOrSubscribes() {
        // An operator subscribes to its source, which is what an operator is.
        noClasses()
                .that()
                .areNotAssignableTo(MonoOperator.class)
                .should()
                .accessTargetWhere(accessTo(CorePublisher.class, WAITING))
                .check(PRODUCTION);
    }

    @Test
    void nothingPrints() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(PRODUCTION);
    }

    @Test
    void logsThroughSlf4jOnly() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.util.logging..",
                        "ch.qos.logback..",
                        "org.apache.logging..",
                        "org.apache.commons.logging..",
                        "io.netty.util.internal.logging..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(reactor.util.Logger.class)
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(PRODUCTION);
    }

    @Test
    void everyPackageIsNullMarked() {
        assertThat(PRODUCTION.stream().map(type -> type.getPackage()).distinct())
                .allSatisfy(packageOfType -> assertThat(packageOfType.isAnnotatedWith(NullMarked.class))
                        .as(packageOfType.getName())
                        .isTrue());
    }

    @Test
    void namesSayWhatAClassDoes() {
        // Java's own words for what chooses keys and trusts certificates.
        noClasses()
                .that()
                .areNotAssignableTo(KeyManager.class)
                .and()
                .areNotAssignableTo(TrustManager.class)
                .should()
                .haveNameMatching(".*(Utils?|Helper|Manager|Impl|Common)")
                .check(PRODUCTION);
    }

    private static DescribedPredicate<JavaAccess<?>> accessTo(Class<?> owner, Set<String> names) {
        return describe(
                owner.getSimpleName() + "." + String.join("|", names),
                access -> names.contains(access.getTarget().getName())
                        && access.getTargetOwner().isAssignableTo(owner));
    }

    private static boolean isSeen(JavaCodeUnit unit) {
        boolean inside = unit.getOwner().getPackageName().contains(".internal");
        boolean open = Stream.of(JavaModifier.PUBLIC, JavaModifier.PROTECTED).anyMatch(unit.getModifiers()::contains);
        return !inside && open && unit.getOwner().getModifiers().contains(JavaModifier.PUBLIC);
    }

    private static ArchCondition<JavaCodeUnit> mentionNoInternalType() {
        return new ArchCondition<>("mention no internal type") {
            @Override
            public void check(JavaCodeUnit unit, ConditionEvents events) {
                Stream.concat(Stream.of(unit.getRawReturnType()), unit.getRawParameterTypes().stream())
                        .filter(type -> type.getPackageName().startsWith("io.nvsentinel.")
                                && type.getPackageName().contains(".internal"))
                        .forEach(type -> events.add(SimpleConditionEvent.violated(
                                unit, unit.getFullName() + " mentions " + type.getName())));
            }
        };
    }
}
