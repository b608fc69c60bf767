"""Runs a program's steps one after the other and says of each how it went. All run, even where one fails."""

import asyncio
import faulthandler
import inspect
import os
import sys
import traceback


def run(*steps):
    # Where a step hangs, the test ends the program soon after; before that, this shows where it hangs.
    faulthandler.dump_traceback_later(40, exit=True)
    failed = [step.__name__ for step in steps if not went_well(step)]
    if failed:
        sys.exit(f"{len(failed)} of {len(steps)} steps failed: {', '.join(failed)}")


def went_well(step):
    try:
        if inspect.iscoroutinefunction(step):
            asyncio.run(step())
        else:
            step()
    except Exception as error:
        # What the client does inside is of no interest here.
        program = os.path.basename(sys.argv[0])
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(program)]
        why = traceback.format_list(frames) + traceback.format_exception_only(error)
        print(f"FAILED {step.__name__}\n{''.join(why)}", end="", flush=True)
        return False
    print(f"ok {step.__name__}", flush=True)
    return True
