package io.evio.spring.boot.actuate;

import io.evio.Address;
import io.evio.EvioServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** Adds to the application's info which servers there are, and where. */
public class EvioInfoContributor implements InfoContributor {

    private final List<EvioServer> servers;

    public EvioInfoContributor(List<EvioServer> servers) {
        this.servers = servers;
    }

    @Override
    public void contribute(Info.Builder builder) {
        Map<String, Object> described = new LinkedHashMap<>();
        for (EvioServer server : servers) {
            described.put(
                    server.name(),
                    Map.of(
                            "addresses",
                            server.addresses().stream().map(Address::toString).toList(),
                            "poller",
                            server.poller().id(),
                            "loops",
                            server.loops()));
        }
        builder.withDetail("evio", Map.of("servers", described));
    }
}
