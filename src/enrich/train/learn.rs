//! The learner: a table of hashed features (follow the regularised leader) and the small net over the
//! concepts (each weight at its own pace), from the same errors.

use super::Row;
use crate::enrich::features;
use crate::enrich::net::{self, CELLS, INPUTS, NETS, Net};

/// How fast, how far, how often.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub alpha: f32,
    pub l1: f32,
    pub l2: f32,
    pub epochs: usize,
    /// Of the net: its step, what its weights lose, and which part of its inputs is hidden from it.
    pub step: f32,
    pub decay: f32,
    pub hidden: f32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { alpha: 0.6, l1: 0.1, l2: 0.5, epochs: 5, step: 0.05, decay: 1e-4, hidden: 0.2 }
    }
}

/// What was learnt.
pub struct Learnt {
    /// One row a feature; the last is the bias.
    pub table: Vec<[f32; 3]>,
    /// They are averaged.
    pub nets: Vec<Net>,
}

impl Learnt {
    /// Returns the sums of the classes for a line.
    pub fn sums(&self, row: &Row) -> [f32; 3] {
        let mut sums = net::judge(&self.nets, &row.bag.inputs);
        let bias = self.table.last().map(|bias| (bias, 1.0));
        let rows =
            row.bag.rows().filter_map(|(at, value)| Some((self.table.get(at as usize)?, value)));
        for (weights, value) in rows.chain(bias) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
        sums
    }
}

/// How many sets may have a bias of their own.
pub const SETS: usize = 64;
/// Where the biases begin.
const BIAS: usize = 1 << features::BITS;

/// Learns three columns of weights, one class against the rest each; several times over, in other
/// orders, because the mean of several is better than each.
pub fn learn(rows: &[&Row], pace: Pace) -> Learnt {
    let mut table = vec![[0.0; 3]; BIAS + 1];
    let mut nets = Vec::with_capacity(NETS);
    for seed in 0..NETS as u64 {
        let (learnt, net) = learn_once(rows, pace, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for (row, learnt) in table.iter_mut().zip(learnt) {
            for (weight, learnt) in row.iter_mut().zip(learnt) {
                *weight += learnt / NETS as f32;
            }
        }
        nets.push(net);
    }
    Learnt { table, nets }
}

fn learn_once(rows: &[&Row], pace: Pace, seed: u64) -> (Vec<[f32; 3]>, Net) {
    let mut table = Table::new(pace);
    let mut net = Learning::new(pace, seed);
    let mut lots = Lots(0x2545_f491_4f6c_dd1d ^ seed);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut used: Vec<(usize, f32)> = Vec::new();
    let mut shown: Vec<u16> = Vec::new();
    for _ in 0..pace.epochs {
        for at in (1..order.len()).rev() {
            order.swap(at, (lots.next() % (at as u64 + 1)) as usize);
        }
        for row in order.iter().filter_map(|at| rows.get(*at)) {
            used.clear();
            used.extend(row.bag.rows().map(|(row, value)| (row as usize, value)));
            used.push((BIAS, 1.0));
            if row.set > 0 {
                used.push((BIAS + row.set.min(SETS), 1.0));
            }
            shown.clear();
            shown.extend(row.bag.inputs.iter().copied().filter(|_| lots.part() >= pace.hidden));
            let cells = net.net.cells(&shown);
            let mut sums = net.net.sums(&cells);
            table.sums(&used, &mut sums);
            let error: [f32; 3] = std::array::from_fn(|class| {
                if class == 1 && !row.knows_neutral {
                    return 0.0;
                }
                let wanted = if class == row.label { 1.0 } else { 0.0 };
                (1.0 / (1.0 + (-sums[class]).exp()) - wanted) * row.weight
            });
            table.mend(&used, &error);
            net.mend(&shown, &cells, &error);
        }
    }
    (table.weights(), net.net)
}

/// Numbers that look random, the same every time (xorshift).
struct Lots(u64);

impl Lots {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Returns a number from 0 to 1.
    fn part(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// The table while it is learnt.
struct Table {
    pace: Pace,
    z: Vec<[f32; 3]>,
    n: Vec<[f32; 3]>,
    /// Of the features at hand.
    here: Vec<[f32; 3]>,
}

impl Table {
    fn new(pace: Pace) -> Self {
        let empty = vec![[0_f32; 3]; BIAS + 1 + SETS];
        Self { pace, z: empty.clone(), n: empty, here: Vec::new() }
    }

    fn weight(&self, z: f32, n: f32) -> f32 {
        if z.abs() <= self.pace.l1 {
            0.0
        } else {
            -(z - z.signum() * self.pace.l1) / ((1.0 + n.sqrt()) / self.pace.alpha + self.pace.l2)
        }
    }

    fn row(&self, at: usize) -> [f32; 3] {
        std::array::from_fn(|class| self.weight(self.z[at][class], self.n[at][class]))
    }

    fn sums(&mut self, used: &[(usize, f32)], sums: &mut [f32; 3]) {
        let mut here = std::mem::take(&mut self.here);
        here.clear();
        here.extend(used.iter().map(|(at, _)| self.row(*at)));
        for ((_, value), weights) in used.iter().zip(&here) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
        self.here = here;
    }

    fn mend(&mut self, used: &[(usize, f32)], error: &[f32; 3]) {
        for ((at, value), here) in used.iter().zip(&self.here) {
            for class in 0..3 {
                let g = error[class] * value;
                let before = self.n[*at][class];
                let after = before + g * g;
                self.z[*at][class] +=
                    g - (after.sqrt() - before.sqrt()) / self.pace.alpha * here[class];
                self.n[*at][class] = after;
            }
        }
    }

    fn weights(&self) -> Vec<[f32; 3]> {
        (0..=BIAS).map(|at| self.row(at)).collect()
    }
}

/// The net while it is learnt: beside each weight, what it was moved already.
struct Learning {
    pace: Pace,
    net: Net,
    moved: Net,
}

impl Learning {
    fn new(pace: Pace, seed: u64) -> Self {
        let mut lots = Lots(0x0139_408d_cbbf_7a44 ^ seed);
        let mut around = |width: f32| (lots.part() - 0.5) * width;
        let net = Net {
            inputs: (0..INPUTS).map(|_| std::array::from_fn(|_| around(0.3))).collect(),
            bias: [0.05; CELLS],
            cells: std::array::from_fn(|_| std::array::from_fn(|_| around(0.4))),
        };
        let moved = Net {
            inputs: vec![[0.1; CELLS]; INPUTS],
            bias: [0.1; CELLS],
            cells: [[0.1; 3]; CELLS],
        };
        Self { pace, net, moved }
    }

    fn mend(&mut self, shown: &[u16], cells: &[f32; CELLS], error: &[f32; 3]) {
        let Pace { step, decay, .. } = self.pace;
        let move_by = |weight: &mut f32, moved: &mut f32, g: f32| {
            *moved += g * g;
            *weight -= step * g / moved.sqrt();
        };
        let mut back = [0.0; CELLS];
        for (cell, back) in back.iter_mut().enumerate() {
            for (class, error) in error.iter().enumerate() {
                let weight = &mut self.net.cells[cell][class];
                *back += error * *weight;
                let g = error * cells[cell] + decay * *weight;
                move_by(weight, &mut self.moved.cells[cell][class], g);
            }
            *back *= Net::slope(cells[cell]);
            move_by(&mut self.net.bias[cell], &mut self.moved.bias[cell], *back);
        }
        for at in shown.iter().map(|at| usize::from(*at)) {
            let weights = self.net.inputs[at].iter_mut().zip(&mut self.moved.inputs[at]);
            for ((weight, moved), back) in weights.zip(&back) {
                let g = back + decay * *weight;
                move_by(weight, moved, g);
            }
        }
    }
}
