package io.evio;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The circles that classes form by their dependencies: sets of which each member can be reached from each other one.
 */
final class Circles {

    private final Map<String, Set<String>> graph;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, Integer> lowest = new HashMap<>();
    private final Deque<String> path = new ArrayDeque<>();
    private final List<Set<String>> found = new ArrayList<>();

    private Circles(Map<String, Set<String>> graph) {
        this.graph = graph;
    }

    /** Those with more than one member below a package; nested classes are counted with their owner. */
    static List<Set<String>> of(JavaClasses classes, String rootPackage) {
        Map<String, Set<String>> graph = new TreeMap<>();
        for (JavaClass type : classes) {
            if (isBelow(type, rootPackage)) {
                Set<String> targets = graph.computeIfAbsent(owner(type), name -> new TreeSet<>());
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    JavaClass target = dependency.getTargetClass().getBaseComponentType();
                    if (isBelow(target, rootPackage)) {
                        targets.add(owner(target));
                    }
                }
            }
        }
        return new Circles(graph).find();
    }

    private static boolean isBelow(JavaClass type, String rootPackage) {
        return type.getPackageName().equals(rootPackage)
                || type.getPackageName().startsWith(rootPackage + ".");
    }

    private static String owner(JavaClass type) {
        return type.getName().replaceFirst("[$].*", "");
    }

    private List<Set<String>> find() {
        for (String name : graph.keySet()) {
            if (!numbers.containsKey(name)) {
                visit(name);
            }
        }
        return found;
    }

    /** Tarjan's algorithm for strongly connected components. */
    private void visit(String name) {
        int number = numbers.size();
        numbers.put(name, number);
        lowest.put(name, number);
        path.push(name);
        for (String target : graph.getOrDefault(name, Set.of())) {
            if (!numbers.containsKey(target)) {
                visit(target);
                lowest.merge(name, lowest.get(target), Math::min);
            } else if (path.contains(target)) {
                lowest.merge(name, numbers.get(target), Math::min);
            }
        }
        if (lowest.get(name) == number) {
            Set<String> circle = new TreeSet<>();
            String member;
            do {
                member = path.pop();
                circle.add(member);
            } while (!member.equals(name));
            if (circle.size() > 1) {
                found.add(circle);
            }
        }
    }
}
