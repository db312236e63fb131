"""The files of the work tree, as Git sees them."""

import shutil
import subprocess


def copy_files(root, folder):
    """Copy the files that are in Git, or could be, to a folder; return their names."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(
        command, cwd=root, check=True, text=True, stdout=subprocess.PIPE
    )
    # Git still lists a file that was deleted but not committed
    names = [name for name in answer.stdout.split("\0") if (root / name).is_file()]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / name)
    return names
