import os
import tempfile
import unittest
from pathlib import Path

from compare import host


class ChangedSinceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in ("pom.xml", "evio-core/pom.xml", "evio-core/src/main/java/A.java", "evio-core/src/test/java/ATest.java"):
            self.write(name)
        self.jar = self.write("evio-sample-app/target/evio-sample-app.jar")
        os.utime(self.jar, (0, 0))  # as the build leaves it
        self.now = self.jar.stat().st_ctime

    def write(self, name):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        return file

    def changed(self, name):
        os.utime(self.root / name, (self.now + 10, self.now + 10))
        return host.changed_since(self.jar, self.root)

    def test_a_jar_that_was_packaged_after_its_sources_is_measured(self):
        self.assertIsNone(host.changed_since(self.jar, self.root))

    def test_a_jar_is_not_made_of_tests(self):
        self.assertIsNone(self.changed("evio-core/src/test/java/ATest.java"))

    def test_a_source_or_a_pom_that_is_newer_than_the_jar_is_named(self):
        self.assertEqual(self.changed("evio-core/src/main/java/A.java").name, "A.java")
        self.assertEqual(self.changed("pom.xml"), self.root / "pom.xml")


if __name__ == "__main__":
    unittest.main()
