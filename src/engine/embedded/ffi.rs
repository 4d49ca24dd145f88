//! The C interface of libchdb, loaded at run time: the only `unsafe` code of the project is here.
//!
//! libchdb is 566 MB and belongs to the embedded engine alone, so nothing links it at build time.
//! Its package carries no header; what each call owns and promises is documented by the source of
//! the crate `chdb-rust` 2.0.0, and every wrapper below repeats the promise it relies on. The types
//! here own what the library hands out and free it once; `connection` gives them an order.

#![expect(unsafe_code, reason = "the C API; the only place in the project")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use libloading::Library;

/// What `chdb_connect` returns: a pointer to the handle that the other calls take.
type Connected = *mut *mut c_void;
type Handle = *mut c_void;
type Outcome = *mut c_void;
/// `query, length, format, length, names, lengths, values, lengths, count`.
type WithParams = unsafe extern "C" fn(
    Handle,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> *mut c_void;

/// `CHDBSuccess`.
const SUCCESS: c_int = 0;

/// Declares the table of entry points and how each is looked up.
macro_rules! entry_points {
    ($($field:ident: $symbol:literal as $kind:ty,)*) => {
        struct Calls { $($field: $kind,)* }
        impl Calls {
            fn look_up(library: &Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    $($field: {
                        // SAFETY: the type is the signature under which this version of libchdb
                        // exports the symbol; `Api` keeps the library loaded as long as the
                        // pointers are used.
                        *unsafe { library.get::<$kind>($symbol) }?
                    },)*
                })
            }
        }
    };
}

entry_points! {
    connect: "chdb_connect" as unsafe extern "C" fn(c_int, *mut *mut c_char) -> Connected,
    close: "chdb_close_conn" as unsafe extern "C" fn(Connected),
    signals: "chdb_set_signal_handlers_enabled" as unsafe extern "C" fn(c_int),
    shutdown: "chdb_shutdown" as unsafe extern "C" fn() -> c_int,
    classify: "chdb_classify_query_n" as
        unsafe extern "C" fn(Handle, *const c_char, usize, *const c_char, usize, *mut RawAnalysis) -> c_int,
    query: "chdb_query_with_params_n" as WithParams,
    stream: "chdb_stream_query_with_params_n" as WithParams,
    insert: "chdb_stream_insert_with_params_n" as WithParams,
    fetch: "chdb_stream_fetch_result" as unsafe extern "C" fn(Handle, Outcome) -> Outcome,
    cancel: "chdb_stream_cancel_query" as unsafe extern "C" fn(Handle, Outcome),
    append: "chdb_stream_append" as unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> c_int,
    done: "chdb_stream_done" as unsafe extern "C" fn(*mut c_void) -> Outcome,
    insert_error: "chdb_stream_insert_error" as unsafe extern "C" fn(*mut c_void) -> *const c_char,
    cancel_insert: "chdb_stream_cancel_insert" as unsafe extern "C" fn(*mut c_void),
    destroy_insert: "chdb_destroy_insert_stream" as unsafe extern "C" fn(*mut c_void),
    destroy: "chdb_destroy_query_result" as unsafe extern "C" fn(Outcome),
    buffer: "chdb_result_buffer" as unsafe extern "C" fn(Outcome) -> *const u8,
    length: "chdb_result_length" as unsafe extern "C" fn(Outcome) -> usize,
    error: "chdb_result_error" as unsafe extern "C" fn(Outcome) -> *const c_char,
    rows_read: "chdb_result_rows_read" as unsafe extern "C" fn(Outcome) -> u64,
    rows_written: "chdb_result_rows_written" as unsafe extern "C" fn(Outcome) -> u64,
}

/// The loaded library. It is never unloaded: it starts threads that outlive every call.
pub(super) struct Api {
    calls: Calls,
    _library: std::mem::ManuallyDrop<Library>,
}

impl Api {
    /// Loads the library and keeps it from installing signal handlers.
    pub(super) fn load(path: &Path) -> Result<Arc<Self>, libloading::Error> {
        // SAFETY: loading runs the initialisers of a library that the operator named or that
        // `install` checked by its SHA-256; libchdb's need nothing of the process.
        let library = std::mem::ManuallyDrop::new(unsafe { Library::new(path) }?);
        let calls = Calls::look_up(&library)?;
        // SAFETY: may be called at any time; it sets a flag of the process.
        unsafe { (calls.signals)(0) };
        Ok(Arc::new(Self {
            calls,
            _library: library,
        }))
    }

    /// Stops the engine's threads. False when connections are still open or a thread would not stop;
    /// afterwards no connection can be opened.
    pub(super) fn shutdown(&self) -> bool {
        // SAFETY: refuses by itself while connections are open, and is safe beside `connect`.
        unsafe { (self.calls.shutdown)() == SUCCESS }
    }
}

/// The answer of `chdb_classify_query_n`; the library checks `size` against its own layout.
#[repr(C)]
struct RawAnalysis {
    size: u32,
    statements: u32,
    flags: u32,
    class: u32,
}

/// `CHDB_QUERY_READ_ONLY`, and what an untouched answer must not be mistaken for.
const CLASS_READ_ONLY: u32 = 0;
const CLASS_UNKNOWN: u32 = 4;

/// What the engine says of a text without running it.
pub(super) struct Analysis {
    /// How many statements it holds; zero when it does not parse.
    pub(super) statements: u32,
    /// It changes nothing anywhere, files of the machine included.
    pub(super) read_only: bool,
}

/// An open connection; closed when dropped.
pub(super) struct RawConnection {
    api: Arc<Api>,
    connected: NonNull<*mut c_void>,
}

// SAFETY: libchdb binds a connection to no thread; `&mut` and ownership keep one user at a time.
unsafe impl Send for RawConnection {}

impl RawConnection {
    /// Connects with the given arguments (the first is the program's name); `None` when refused.
    pub(super) fn open(api: &Arc<Api>, arguments: &[CString]) -> Option<Self> {
        let count = c_int::try_from(arguments.len()).ok()?;
        let mut pointers: Vec<*mut c_char> = arguments
            .iter()
            .map(|argument| argument.as_ptr().cast_mut())
            .collect();
        // SAFETY: `pointers` holds `count` NUL-terminated strings that live through the call; the
        // library copies them and writes to none.
        let connected = unsafe { (api.calls.connect)(count, pointers.as_mut_ptr()) };
        let connected = NonNull::new(connected)?;
        // SAFETY: a non-null answer of `chdb_connect` points to the handle until it is closed.
        if unsafe { *connected.as_ptr() }.is_null() {
            return None;
        }
        Some(Self {
            api: Arc::clone(api),
            connected,
        })
    }

    fn handle(&self) -> Handle {
        // SAFETY: `connected` is valid until `Drop` closes it, and was seen not to hold null.
        unsafe { *self.connected.as_ptr() }
    }

    /// Asks what a text would do. `None` when the engine could not be asked.
    pub(super) fn classify(&self, sql: &str) -> Option<Analysis> {
        let mut answer = RawAnalysis {
            size: size_of::<RawAnalysis>() as u32,
            statements: 0,
            flags: 0,
            class: CLASS_UNKNOWN,
        };
        // SAFETY: the text is given by pointer and length; no target database is named; `answer`
        // is of the layout that its `size` states and lives through the call.
        let state = unsafe {
            (self.api.calls.classify)(
                self.handle(),
                sql.as_ptr().cast(),
                sql.len(),
                std::ptr::null(),
                0,
                &mut answer,
            )
        };
        (state == SUCCESS).then_some(Analysis {
            statements: answer.statements,
            read_only: answer.class == CLASS_READ_ONLY,
        })
    }

    /// Runs a text and takes the whole result.
    pub(super) fn query(&mut self, call: &Call<'_>) -> Option<RawResult> {
        self.call(self.api.calls.query, call)
            .map(|result| RawResult::own(&self.api, result))
    }

    /// Starts a streamed result; errors may be in it from the start.
    pub(super) fn stream(&mut self, call: &Call<'_>) -> Option<RawStream<'_>> {
        let stream = self.call(self.api.calls.stream, call)?;
        Some(RawStream {
            head: RawResult::own(&self.api, stream),
            connection: self,
            finished: false,
        })
    }

    /// Starts a streamed insert; errors may be in it from the start.
    pub(super) fn insert(&mut self, call: &Call<'_>) -> Option<RawInsert<'_>> {
        let insert = self.call(self.api.calls.insert, call)?;
        Some(RawInsert {
            insert,
            connection: self,
            finished: false,
        })
    }

    fn call(&self, function: WithParams, call: &Call<'_>) -> Option<NonNull<c_void>> {
        let pointers = |texts: &[String]| -> Vec<*const c_char> {
            texts.iter().map(|text| text.as_ptr().cast()).collect()
        };
        let lengths = |texts: &[String]| -> Vec<usize> { texts.iter().map(String::len).collect() };
        let (names, values) = (pointers(call.names), pointers(call.values));
        let (name_lengths, value_lengths) = (lengths(call.names), lengths(call.values));
        let count = names.len().min(values.len());
        // SAFETY: every text is given by pointer and length and lives through the call, in which
        // the library copies it; the four lists have at least `count` entries.
        let answer = unsafe {
            function(
                self.handle(),
                call.sql.as_ptr().cast(),
                call.sql.len(),
                call.format.as_ptr().cast(),
                call.format.len(),
                names.as_ptr(),
                name_lengths.as_ptr(),
                values.as_ptr(),
                value_lengths.as_ptr(),
                count,
            )
        };
        NonNull::new(answer)
    }
}

impl Drop for RawConnection {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, closed only here; streams and inserts borrow the connection and
        // are gone, results own their memory.
        unsafe { (self.api.calls.close)(self.connected.as_ptr()) };
    }
}

/// What a statement is run with: two lists of equal length carry the parameters.
pub(super) struct Call<'a> {
    pub(super) sql: &'a str,
    pub(super) format: &'a str,
    pub(super) names: &'a [String],
    pub(super) values: &'a [String],
}

/// A result or one chunk of it, with its bytes; freed when dropped.
pub(super) struct RawResult {
    api: Arc<Api>,
    result: NonNull<c_void>,
}

// SAFETY: a result is plain memory of its own; reading and freeing it needs no particular thread.
unsafe impl Send for RawResult {}

impl RawResult {
    fn own(api: &Arc<Api>, result: NonNull<c_void>) -> Self {
        Self {
            api: Arc::clone(api),
            result,
        }
    }

    /// The engine's error text, if this is an error.
    pub(super) fn error(&self) -> Option<String> {
        // SAFETY: the result is alive; the text belongs to it and is copied before it goes.
        owned_text(unsafe { (self.api.calls.error)(self.result.as_ptr()) })
    }

    /// Rows in this result or chunk.
    pub(super) fn rows(&self) -> u64 {
        // SAFETY: the result is alive.
        unsafe { (self.api.calls.rows_read)(self.result.as_ptr()) }
    }

    /// Rows that an insert wrote.
    pub(super) fn rows_written(&self) -> u64 {
        // SAFETY: the result is alive.
        unsafe { (self.api.calls.rows_written)(self.result.as_ptr()) }
    }
}

impl AsRef<[u8]> for RawResult {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the result is alive; both calls only read it.
        let (buffer, length) = unsafe {
            (
                (self.api.calls.buffer)(self.result.as_ptr()),
                (self.api.calls.length)(self.result.as_ptr()),
            )
        };
        if buffer.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: the buffer has `length` bytes, belongs to the result and changes no more.
        unsafe { std::slice::from_raw_parts(buffer, length) }
    }
}

impl Drop for RawResult {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone and freed only here.
        unsafe { (self.api.calls.destroy)(self.result.as_ptr()) };
    }
}

/// A running streamed result. Cancelled when dropped before its end.
pub(super) struct RawStream<'a> {
    head: RawResult,
    connection: &'a RawConnection,
    finished: bool,
}

impl RawStream<'_> {
    /// The error with which it failed to start.
    pub(super) fn error(&self) -> Option<String> {
        self.head.error()
    }

    /// The next chunk; one with no rows is the last.
    pub(super) fn next(&mut self) -> Option<RawResult> {
        if self.finished {
            return None;
        }
        let api = &self.head.api;
        // SAFETY: connection and stream are alive, and the stream has not ended.
        let chunk =
            unsafe { (api.calls.fetch)(self.connection.handle(), self.head.result.as_ptr()) };
        let chunk = NonNull::new(chunk).map(|chunk| RawResult::own(api, chunk));
        self.finished = chunk
            .as_ref()
            .is_none_or(|chunk| chunk.error().is_some() || chunk.rows() == 0);
        chunk
    }
}

impl Drop for RawStream<'_> {
    fn drop(&mut self) {
        if !self.finished && self.head.error().is_none() {
            // SAFETY: connection and stream are alive; cancelling does not free the stream, which
            // `head` does afterwards.
            unsafe {
                (self.head.api.calls.cancel)(self.connection.handle(), self.head.result.as_ptr());
            }
        }
    }
}

/// A running streamed insert. Cancelled when dropped unfinished.
pub(super) struct RawInsert<'a> {
    insert: NonNull<c_void>,
    connection: &'a RawConnection,
    finished: bool,
}

impl RawInsert<'_> {
    /// The error that stopped it, if one did.
    pub(super) fn error(&self) -> Option<String> {
        // SAFETY: the insert is alive; the text belongs to it and is copied before it goes.
        owned_text(unsafe { (self.connection.api.calls.insert_error)(self.insert.as_ptr()) })
    }

    /// Hands over bytes of the format, cut anywhere; waits while the engine is behind.
    pub(super) fn append(&mut self, data: &[u8]) -> bool {
        // SAFETY: the insert is alive; the library copies the bytes within the call.
        let state = unsafe {
            (self.connection.api.calls.append)(
                self.insert.as_ptr(),
                data.as_ptr().cast(),
                data.len(),
            )
        };
        state == SUCCESS
    }

    /// Ends the data and waits until the rows are stored.
    pub(super) fn finish(&mut self) -> Option<RawResult> {
        self.finished = true;
        let api = &self.connection.api;
        // SAFETY: the insert is alive and finished once; the answer is ours to free.
        let result = unsafe { (api.calls.done)(self.insert.as_ptr()) };
        NonNull::new(result).map(|result| RawResult::own(api, result))
    }
}

impl Drop for RawInsert<'_> {
    fn drop(&mut self) {
        let calls = &self.connection.api.calls;
        // SAFETY: the handle is alive; neither finishing nor cancelling frees it, and it must be
        // destroyed on every path.
        unsafe {
            if !self.finished {
                (calls.cancel_insert)(self.insert.as_ptr());
            }
            (calls.destroy_insert)(self.insert.as_ptr());
        }
    }
}

fn owned_text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a non-null error of the library is NUL-terminated; callers copy it while its owner
    // is alive.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
}
