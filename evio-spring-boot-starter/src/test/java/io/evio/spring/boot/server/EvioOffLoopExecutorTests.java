package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** The executor that gets the work of handlers off the loop. */
@Timeout(60)
class EvioOffLoopExecutorTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class, TaskExecutionAutoConfiguration.class))
            .withPropertyValues("evio.addresses=tcp://127.0.0.1:0");

    @Test
    void theApplicationsExecutorDoesTheWork() {
        runner.withPropertyValues("spring.task.execution.thread-name-prefix=worker-")
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).startsWith("worker-").endsWith(" platform"));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void virtualThreadsDoItWhereBootIsToldTo() {
        runner.withPropertyValues(
                        "spring.threads.virtual.enabled=true", "spring.task.execution.thread-name-prefix=light-")
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).startsWith("light-").endsWith(" virtual"));
    }

    @Test
    void theOnlyExecutorOfAnotherNameDoesIt() {
        runner.withBean("own", Executor.class, () -> named("own"))
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).isEqualTo("own platform"));
    }

    @Test
    void anOwnBeanComesFirst() {
        runner.withBean("mine", OffLoop.class, () -> new OffLoop(named("mine")))
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).isEqualTo("mine platform"));
    }

    @Test
    void twoExecutorsAreNoneUnlessOneHasTheName() {
        ApplicationContextRunner two = runner.withBean("a", Executor.class, () -> named("a"));
        two.withBean("b", Executor.class, () -> named("b"))
                .withBean("where", Where.class)
                .run(context -> {
                    EvioConfigurationException failure = (EvioConfigurationException)
                            org.assertj.core.util.Throwables.getRootCause(context.getStartupFailure());
                    assertThat(failure.getDescription()).contains("it is not clear which");
                    assertThat(failure.getAction()).contains("applicationTaskExecutor");
                });
        two.withBean("applicationTaskExecutor", Executor.class, () -> named("chosen"))
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).isEqualTo("chosen platform"));
    }

    /** Its threads are there for what has to run on time. */
    @Test
    void aTaskSchedulerDoesNotDoIt() {
        ApplicationContextRunner scheduling =
                runner.withBean("taskScheduler", ThreadPoolTaskScheduler.class, EvioOffLoopExecutorTests::scheduler);
        scheduling.withBean("where", Where.class).run(context -> {
            EvioConfigurationException failure = (EvioConfigurationException)
                    org.assertj.core.util.Throwables.getRootCause(context.getStartupFailure());
            assertThat(failure.getDescription()).contains("One that schedules tasks is not taken");
            assertThat(failure.getAction()).contains("spring.task.execution.mode=force");
        });
        scheduling
                .withPropertyValues(
                        "spring.task.execution.mode=force", "spring.task.execution.thread-name-prefix=worker-")
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).startsWith("worker-"));
        scheduling
                .withBean("own", Executor.class, () -> named("own"))
                .withBean("where", Where.class)
                .run(context -> assertThat(ask(context)).isEqualTo("own platform"));
        runner.withBean(ScheduledExecutorService.class, Executors::newSingleThreadScheduledExecutor)
                .withBean("where", Where.class)
                .run(context -> assertThat(context).hasFailed());
    }

    private static ThreadPoolTaskScheduler scheduler() {
        ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
        scheduler.setThreadNamePrefix("scheduler-");
        return scheduler;
    }

    /** Switched off are the servers; what the application's beans are made of is not. */
    @Test
    void itIsThereWithoutServers() {
        runner.withPropertyValues("evio.enabled=false")
                .withBean("where", Where.class)
                .run(context -> {
                    assertThat(context).hasSingleBean(OffLoop.class).hasSingleBean(Where.class);
                    assertThat(context.getBean("evioLifecycle", SmartLifecycle.class))
                            .isNotNull();
                });
    }

    /** An application without slow work needs no executor, and gets none. */
    @Test
    void whoDoesNotUseItDoesNotHaveIt() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .run(context -> assertThat(context.getBeanFactory().containsSingleton("offLoop"))
                        .isFalse());
    }

    private static Executor named(String name) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    private static String ask(ApplicationContext context) throws Exception {
        int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
        try (Socket client = Clients.connect(port)) {
            client.getOutputStream().write('?');
            return new String(client.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
        }
    }

    /** Says on which thread its work was done. */
    static class Where implements EvioHandler {

        private final OffLoop offLoop;

        Where(OffLoop offLoop) {
            this.offLoop = offLoop;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            in.position(in.limit());
            return offLoop.call(
                    connection,
                    () -> {
                        Thread thread = Thread.currentThread();
                        // Thread.isVirtual is there since 21.
                        boolean virtual = thread.getClass().getSimpleName().equals("VirtualThread");
                        return thread.getName() + (virtual ? " virtual" : " platform");
                    },
                    (answer, reply) -> {
                        reply.writeAscii(answer);
                        return Action.CLOSE;
                    });
        }
    }
}
