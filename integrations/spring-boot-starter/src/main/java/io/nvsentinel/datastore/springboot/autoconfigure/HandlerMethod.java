// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.util.ReflectionUtils;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A method of a bean as a handler of changes. Its signature is checked once, when it is made. */
final class HandlerMethod {

    private static final String SIGNATURE =
            "must have the parameter ChangeEvent<T>, with the type of the documents, and return Mono<Void> or void";

    private static final String HEALTH_EVENTS = "health_events";
    private static final String MAINTENANCE_EVENTS = "maintenance_events";

    private final Object bean;
    private final Method method;
    private final ResolvableType document;
    private final boolean isReactive;
    private final boolean isTransactional;

    HandlerMethod(Object bean, Method method, Class<?> type) {
        this.bean = bean;
        this.method = method;
        Class<?>[] parameters = method.getParameterTypes();
        isReactive = method.getReturnType() == Mono.class;
        isTransactional = Arrays.asList(parameters).indexOf(DatastoreSession.class) == 1;
        if (!(isReactive || method.getReturnType() == void.class)) {
            throw invalid(SIGNATURE + ", not " + method.getReturnType().getSimpleName());
        }
        if (parameters.length != (isTransactional ? 2 : 1) || parameters[0] != ChangeEvent.class) {
            throw invalid(SIGNATURE + "; a second parameter can only be a DatastoreSession");
        }
        if (isTransactional && !isReactive) {
            throw invalid("must return Mono<Void>, because it takes a DatastoreSession, whose operations do not block");
        }
        document = ResolvableType.forMethodParameter(method, 0, type).getGeneric(0);
        if (document.resolve() == null) {
            throw invalid(SIGNATURE + "; its ChangeEvent has no type argument that is a class");
        }
        ReflectionUtils.makeAccessible(method);
    }

    private InvalidChangeHandlerException invalid(String problem) {
        return new InvalidChangeHandlerException(method, problem);
    }

    boolean isTransactional() {
        return isTransactional;
    }

    /** The collection that a handler names, or that its documents imply, with documents of the handler's type. */
    DocumentCollection<?> collection(Datastore datastore, String name) {
        Class<?> documents = document.toClass();
        if (documents == HealthEventDocument.class) {
            return store(datastore.healthEvents(), HEALTH_EVENTS, name);
        }
        if (documents == MaintenanceEvent.class) {
            return store(datastore.maintenanceEvents(), MAINTENANCE_EVENTS, name);
        }
        if (name.isEmpty()) {
            throw invalid("must name its collection, because its documents are neither HealthEventDocument nor"
                    + " MaintenanceEvent");
        }
        try {
            return datastore.collection(name, codec(documents));
        } catch (InvalidRequestException e) {
            throw invalid("names a collection that cannot exist: " + e.getMessage());
        }
    }

    private DocumentCollection<?> store(DocumentCollection<?> store, String own, String name) {
        if (!name.isEmpty() && !name.equals(own)) {
            throw invalid("must name the collection " + own + " or none, because its documents are those of " + own);
        }
        return store;
    }

    private static DocumentCodec<?> codec(Class<?> documents) {
        if (documents == byte[].class) {
            return DocumentCodec.ofBytes();
        }
        return documents == Map.class ? DocumentCodec.ofTrees() : DocumentCodec.of(documents, JsonCodec.jackson3());
    }

    /** Calls the method; one that is void on a thread that it may block. */
    Mono<Void> handle(Scheduler blocking, @Nullable Object... arguments) {
        if (!isReactive) {
            return Mono.<Void>fromRunnable(() -> invoke(arguments)).subscribeOn(blocking);
        }
        return Mono.defer(() -> invoke(arguments) instanceof Mono<?> handling
                ? handling.then()
                : Mono.error(new IllegalStateException(method.toGenericString() + " returned null")));
    }

    private @Nullable Object invoke(@Nullable Object... arguments) {
        try {
            return method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            throw Exceptions.propagate(e.getTargetException());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }
}
