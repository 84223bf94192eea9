package io.evio.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The servers are the {@link io.evio.EvioHandler} beans of the packages below; their addresses are in application.yml.
 */
@SpringBootApplication
public class EvioSampleApplication {

    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(EvioSampleApplication.class);
        OrderlyExit exit = new OrderlyExit();
        application.addListeners(exit);
        exit.onSignals();
        application.run(args);
    }
}
