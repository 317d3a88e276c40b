"""The machinery itself: PostgreSQL as an ordinary user, and gone with its run."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machinery import postgres
from tests.machinery.processes import scratch_folder, wait_until

needs_programs = pytest.mark.skipif(postgres.find_programs() is None, reason="no PostgreSQL")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up rights")


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only we may enter, as root's home is."""
    folder = scratch_folder("closed")
    yield folder
    assert folder.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(folder)


def test_the_cluster_of_the_run_answers(cluster: postgres.Cluster) -> None:
    with cluster.connect() as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
    assert row is not None
    assert row[0] >= postgres.OLDEST * 10_000


@needs_programs
@needs_root
def test_as_root_an_ordinary_user_runs_it_and_only_its_own_folder_is_his() -> None:
    programs = postgres.find_programs()
    assert programs is not None
    cluster = postgres.start_cluster(programs, durable=True)
    try:
        assert cluster.process is not None
        assert Path(f"/proc/{cluster.process.pid}").stat().st_uid != 0
        assert cluster.folder.stat().st_mode & 0o777 == 0o700
        with cluster.connect() as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
    finally:
        cluster.stop()
    assert not cluster.folder.exists()


@needs_root
def test_programs_in_a_closed_folder_are_copied_and_the_folder_stays_closed(
    closed_folder: Path,
) -> None:
    programs = postgres.from_wheel()
    if programs is None:
        pytest.skip("the wheel is not for this machine")
    root = programs.folder.parent
    hidden = closed_folder / root.parent.name / root.name
    shutil.copytree(root, hidden, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = root.parents[1] / postgres.WHEEL_LIBRARIES
    shutil.copytree(libraries, closed_folder / libraries.name)
    cluster = postgres.start_cluster(postgres.Programs(hidden / "bin", programs.version))
    try:
        assert cluster.connect().info.server_version // 10_000 == programs.major
    finally:
        cluster.stop()


@needs_programs
def test_a_killed_run_leaves_neither_server_nor_folder(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import time
        from tests.machinery import postgres
        cluster = postgres.start_cluster(postgres.find_programs())
        print(cluster.process.pid, cluster.folder, flush=True)
        time.sleep(60)
        """
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert run.stdout is not None
    pid, folder = run.stdout.readline().split()
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), 5, "end of the server")
    wait_until(lambda: not Path(folder).exists(), 5, "end of the folder")
