package io.evio.spring.boot.server;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.scheduling.TaskScheduler;

/**
 * Chooses the executor of the application that does work off the loop: Boot's, which has virtual threads where
 * {@code spring.threads.virtual.enabled} says so, or the only one there is. Not one that is there to run tasks on time,
 * whose few threads slow work would take.
 */
public final class EvioOffLoopExecutor {

    private EvioOffLoopExecutor() {}

    /** @throws EvioConfigurationException when it is not clear which one is to be used */
    public static Executor of(ObjectProvider<Executor> applicationTaskExecutor, ObjectProvider<Executor> executors) {
        Executor executor = applicationTaskExecutor.getIfAvailable(() -> onlyOne(executors));
        if (executor == null) {
            throw new EvioConfigurationException(
                    "An io.evio.OffLoop is injected, but it is not clear which of the application's Executor beans is"
                            + " to do its work. One that schedules tasks is not taken.",
                    "Name the one 'applicationTaskExecutor', set spring.task.execution.mode=force to have Spring"
                            + " Boot's, or declare a bean of type io.evio.OffLoop.");
        }
        return executor;
    }

    private static @Nullable Executor onlyOne(ObjectProvider<Executor> executors) {
        Executor unique = executors.getIfUnique();
        if (unique != null && !isScheduler(unique)) {
            return unique;
        }
        List<Executor> others =
                executors.stream().filter(executor -> !isScheduler(executor)).toList();
        return others.size() == 1 ? others.get(0) : null;
    }

    private static boolean isScheduler(Executor executor) {
        return executor instanceof TaskScheduler || executor instanceof ScheduledExecutorService;
    }
}
