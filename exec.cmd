@rem package.json starts what serves on by the shell's `exec`, so that signals to npm arrive: cmd lacks it and finds this instead.
@%*
