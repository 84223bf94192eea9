import unittest

from compare.pauses import pauses

JDK_17 = """\
[1.083s][safepoint] Safepoint "Cleanup", Time since last: 1002141409 ns, Reaching safepoint: 5578566 ns, Cleanup: 76182 ns, \
At safepoint: 10800 ns, Total: 5665548 ns
[3.819s][gc       ] GC(0) Pause Young (Allocation Failure) 17M->2M(61M) 19.587ms
[3.819s][safepoint] Safepoint "GenCollectForAllocation", Time since last: 1889020 ns, Reaching safepoint: 2805 ns, Cleanup: 2475 ns, \
At safepoint: 19686557 ns, Total: 19691837 ns
[4.891s][safepoint] Safepoint "Cleanup", Time since last: 1002141409 ns, Reaching safepoint: 2805 ns, Cleanup: 2475 ns, \
At safepoint: 10800 ns, Total: 16080 ns
"""
JDK_25 = """\
[9.636s][gc] GC(0) Pause Young (Allocation Failure) 18M->4M(61M) 1.542ms
[9.636s][safepoint] Safepoint "SerialCollectForAllocation", Time since last: 9425729881 ns, Reaching safepoint: 7424 ns, \
At safepoint: 1590502 ns, Leaving safepoint: 46627 ns, Total: 1644553 ns, Threads: 0 runnable, 10 total
[10.852s][gc       ] GC(18) Pause Full (Metadata GC Threshold) 8M->5M(61M) 32.125ms
[10.852s][safepoint] Safepoint "SerialGCCollect", Time since last: 1548927 ns, Reaching safepoint: 2765 ns, \
At safepoint: 32183589 ns, Leaving safepoint: 3697 ns, Total: 32190051 ns, Threads: 0 runnable, 10 total
"""


class PausesTest(unittest.TestCase):
    def test_the_log_of_jdk_17(self):
        self.assertEqual(list(pauses(JDK_17).values()), [1, 19.587, 3, 19.691837, 2])

    def test_the_log_of_jdk_25(self):
        self.assertEqual(list(pauses(JDK_25).values()), [2, 32.125, 2, 32.190051, 1])

    def test_a_log_of_nothing(self):
        self.assertEqual(list(pauses("").values()), [0, 0, 0, 0, 0])


if __name__ == "__main__":
    unittest.main()
