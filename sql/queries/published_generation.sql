-- {now:UInt64}: a generation that no report has had before. Published::put.
SELECT greatest({now:UInt64}, 1 + max(generation)) FROM published_meta_row
