"""Fuzzing of every reader of files from others: ``make fuzz MINUTES=10 [READER=name]``.

    seeds ┐
          ├→ a mutation → a child of bounded memory and time → read | refused | a failure
    pool  ┘                                                              ↓
                                                       made small, kept in fuzz/corpus/<reader>

`make test` replays the corpus.
"""
